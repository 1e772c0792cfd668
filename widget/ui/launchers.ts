import { bare } from '@aside/protocol/bare'

/** Buttons of the page that show and hide the panel: whatever the selector finds, now and later. Returns the way out. */
export function watchLaunchers(selector: string, toggle: () => void): () => void {
  const control = new AbortController()
  const pressed = ({ target }: Event) => {
    if (target instanceof Element && target.closest(selector)) toggle()
  }
  document.addEventListener('click', pressed, bare({ signal: control.signal }))
  return () => control.abort()
}
