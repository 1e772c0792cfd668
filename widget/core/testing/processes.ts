/**
 * Tabs whose pages live in processes of their own, as browsers have them: each reads a copy of the storage, what it writes is in
 * its own copy at once and in the others' a moment later, and a key it has written itself meanwhile keeps what it wrote last, until
 * all have the same. Whoever gets something hears `storage`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { vi } from 'vitest'
import { createStorage } from './browser.ts'

type Storage = ReturnType<typeof createStorage>

/** `lagMs`: how long what one has written is on its way. */
export function createProcesses(count: number, lagMs: number): Storage[] {
  const window = new EventTarget()
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  const copies = Array.from({ length: count }, createStorage)
  /** What each has written and not yet heard back of, by key. */
  const pending = copies.map(() => new Map<string, number>())

  async function spread(from: number, key: string, value: string | undefined): Promise<void> {
    const own = pending[from]!
    own.set(key, (own.get(key) ?? 0) + 1)
    await pause(lagMs)
    own.set(key, own.get(key)! - 1)
    for (const [at, { entries }] of copies.entries()) {
      if (at === from || pending[at]!.get(key)) continue
      if (value === undefined) entries.delete(key)
      else entries.set(key, value)
    }
    window.dispatchEvent(new Event('storage'))
  }

  return copies.map((copy, at) => ({
    ...copy,
    get length() {
      return copy.length
    },
    setItem(key, value) {
      copy.setItem(key, value)
      void spread(at, key, value)
    },
    removeItem(key) {
      copy.removeItem(key)
      void spread(at, key, undefined)
    },
  }))
}
