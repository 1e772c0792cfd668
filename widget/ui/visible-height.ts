/** On phones the panel covers the page, and ends where the keyboard begins. */
import { onMounted, onScopeDispose, ref, type ShallowRef } from 'vue'

/** Sets `--visible-height` and `--visible-top` on the panel. True while the panel covers the page. */
export function useVisibleHeight(panel: Readonly<ShallowRef<HTMLElement | null>>) {
  // On its side, too.
  const query = matchMedia('(max-width: 480px), (max-height: 480px) and (pointer: coarse)')
  const covers = ref(query.matches)
  const viewport = globalThis.visualViewport

  function follow(): void {
    covers.value = query.matches
    if (!viewport || !panel.value) return
    panel.value.style.setProperty('--visible-height', `${viewport.height}px`)
    panel.value.style.setProperty('--visible-top', `${viewport.offsetTop}px`)
  }

  onMounted(follow)
  query.addEventListener('change', follow)
  viewport?.addEventListener('resize', follow)
  viewport?.addEventListener('scroll', follow)
  onScopeDispose(() => {
    query.removeEventListener('change', follow)
    viewport?.removeEventListener('resize', follow)
    viewport?.removeEventListener('scroll', follow)
  })
  return covers
}
