/** Puts a text on the clipboard and says so for a moment. */
import { onScopeDispose, ref } from 'vue'

/** Where the clipboard is closed to us (an insecure page, a frame without the permission) the selection still works. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.style.cssText = 'position:fixed;opacity:0'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}

export function useCopy(text: () => string, shownMs = 1_600) {
  const copied = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  async function copy(): Promise<void> {
    const done = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => undefined,
    )
    copied.value = done ?? copyBySelection(text())
    clearTimeout(timer)
    timer = setTimeout(() => (copied.value = false), shownMs)
  }
  return { copied, copy }
}
