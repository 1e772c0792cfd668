/** Puts a text on the clipboard and says so for a moment. */
import { onScopeDispose, ref } from 'vue'

const isPolicy = (it: unknown): it is { allowsFeature(name: string): boolean } =>
  typeof it === 'object' && it !== null && 'allowsFeature' in it

/** Only Chromium says beforehand, and only Chromium complains in the page's console where a frame asks that may not. */
function mayWrite(): boolean {
  const policy: unknown = Reflect.get(document, 'featurePolicy')
  return !isPolicy(policy) || policy.allowsFeature('clipboard-write')
}

function focused(): Element | null {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

/** Where the clipboard is closed to us (an insecure page, a frame without the permission) the selection still works. */
function copyBySelection(text: string): boolean {
  const before = focused()
  const area = document.createElement('textarea')
  area.value = text
  area.style.cssText = 'position:fixed;opacity:0'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return done
}

export function useCopy(text: () => string, shownMs = 1_600) {
  const copied = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  async function copy(): Promise<void> {
    const written = mayWrite() ? navigator.clipboard?.writeText(text()) : undefined
    const done = await written?.then(
      () => true,
      () => undefined,
    )
    copied.value = done ?? copyBySelection(text())
    clearTimeout(timer)
    timer = setTimeout(() => (copied.value = false), shownMs)
  }
  return { copied, copy }
}
