/** What the browser says of the page and the network. Outside a browser it says nothing. */

export interface PageEvents {
  /** There is reason to look whether all is well: somebody looks at the page again. */
  wake(): void
  /** The network came or went. */
  online(isOnline: boolean): void
  /** The page is put to sleep (back/forward cache, freeze): nothing may stay open. */
  suspend(): void
  /** It is awake again, perhaps hours later. */
  resume(): void
  /** Another tab has stored something, or forgotten it. */
  stored(): void
}

export const isOnline = (): boolean => globalThis.navigator?.onLine !== false

/** Returns the way out. */
export function watchPage(on: PageEvents): () => void {
  const control = new AbortController()
  const page = typeof document === 'undefined' ? undefined : document
  const listen = (target: EventTarget | undefined, name: string, listener: () => void) =>
    target?.addEventListener(name, listener, { signal: control.signal })
  const window = typeof addEventListener === 'function' ? globalThis : undefined
  listen(window, 'online', () => on.online(true))
  listen(window, 'offline', () => on.online(false))
  listen(window, 'pagehide', () => on.suspend())
  listen(window, 'pageshow', () => on.resume())
  listen(window, 'storage', () => on.stored())
  listen(page, 'freeze', () => on.suspend())
  listen(page, 'resume', () => on.resume())
  listen(page, 'visibilitychange', () => page?.visibilityState === 'visible' && on.wake())
  return () => control.abort()
}
