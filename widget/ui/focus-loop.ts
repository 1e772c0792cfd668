/** Keeps the focus inside a dialog that covers everything else. */
import { onMounted, onScopeDispose, type ShallowRef } from 'vue'

const focusable = 'a[href], button:not(:disabled), textarea, [tabindex="0"]'

export function useFocusLoop(dialog: Readonly<ShallowRef<HTMLElement | null>>, active: () => boolean): void {
  function loop(event: KeyboardEvent): void {
    if (event.key !== 'Tab' || !active() || !dialog.value) return
    const stops = [...dialog.value.querySelectorAll<HTMLElement>(focusable)].filter(
      (element) => !element.closest('[inert]') && element.getClientRects().length > 0,
    )
    const tree = dialog.value.getRootNode() as ShadowRoot | Document
    const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
    if (tree.activeElement !== from && tree.activeElement !== dialog.value) return
    if (tree.activeElement === dialog.value && !event.shiftKey) return
    event.preventDefault()
    to?.focus()
  }
  onMounted(() => dialog.value?.addEventListener('keydown', loop))
  onScopeDispose(() => dialog.value?.removeEventListener('keydown', loop))
}
