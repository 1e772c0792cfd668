/** Storage that keeps to itself for as long as the visitor has not agreed to more. */
import type { Backing } from './storage.ts'

export interface Consent {
  /** For `createCore`. */
  readonly backing: Backing
  /** True: what was kept until now is stored. False: what is stored is wiped, and kept until the page goes. The same again: nothing. */
  set(isGiven: boolean): void
}

/** Whose keys they are: of one app (`storage.ts`), and what is remembered of how it looks and how the visitor wants it. */
const isOf = (key: string, appId: string): boolean =>
  key.startsWith(`aside:${appId}:`) || (/^aside:(settings|preferences):/.test(key) && key.endsWith(`:${appId}`))

const keysOf = (backing: Backing, appId: string): string[] =>
  Array.from({ length: backing.length }, (_, at) => backing.key(at) ?? '').filter((key) => isOf(key, appId))

function inMemory(): Backing & { clear(): void } {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    key: (at) => [...kept.keys()][at] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  }
}

/** `storage` throws where it is blocked, at whatever is done with it; so does `backing` then. */
export function createConsent(appId: string, isGiven: boolean, storage: () => Backing = () => localStorage): Consent {
  const memory = inMemory()
  const backing = () => (isGiven ? storage() : memory)

  /** A session of before does not mix with one begun since. */
  function move(from: Backing, to: Backing): void {
    const keys = keysOf(from, appId)
    if (keys.some((key) => key.endsWith(':token'))) for (const key of keysOf(to, appId)) to.removeItem(key)
    for (const key of keys) to.setItem(key, from.getItem(key) ?? '')
    for (const key of keys) from.removeItem(key)
  }

  return {
    backing: {
      get length() {
        return backing().length
      },
      key: (at) => backing().key(at),
      getItem: (key) => backing().getItem(key),
      setItem: (key, value) => backing().setItem(key, value),
      removeItem: (key) => backing().removeItem(key),
    },
    set(next) {
      if (next === isGiven) return
      isGiven = next
      try {
        if (next) move(memory, storage())
        else move(storage(), memory)
      } catch {
        // Blocked, or full: what could not be moved is still where it was.
      }
    },
  }
}
