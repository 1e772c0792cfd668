/** What a browser keeps for a page: storage with the real one's manners. */
import type { Backing } from '../storage.ts'

export function createStorage(): Backing & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>()
  return {
    entries,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, String(value)),
    removeItem: (key) => void entries.delete(key),
    key: (at) => [...entries.keys()][at] ?? null,
    get length() {
      return entries.size
    },
  }
}

/** Storage as a browser that blocks it has it. */
export const blockedStorage: Backing = {
  getItem: refuse,
  setItem: refuse,
  removeItem: refuse,
  key: refuse,
  get length(): number {
    return refuse()
  },
}

function refuse(): never {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}
