/** The page's functions, as the frame calls them: each by its number, over the port. */
import type { FrameMessage } from '@aside/protocol/frame'

type PageFunction = (...args: unknown[]) => Promise<unknown>

export interface PageFunctions {
  /** The same with functions in place of their numbers. */
  revive(it: unknown): unknown
  /** The page has answered. */
  heard(id: number, value: unknown, error: string | undefined): void
}

/** Deeper than anything a page has to say. */
const MAX_DEPTH = 8

export function createPageFunctions(post: (message: FrameMessage) => void): PageFunctions {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let count = 0

  const functionOf =
    (fn: number): PageFunction =>
    (...args) =>
      new Promise((resolve, reject) => {
        waiting.set(++count, { resolve, reject })
        post({ type: 'call', id: count, fn, args })
      })

  function revive(it: unknown, depth = 0): unknown {
    if (typeof it !== 'object' || it === null || depth > MAX_DEPTH) return it
    if (Array.isArray(it)) return it.map((part) => revive(part, depth + 1))
    if ('$fn' in it && typeof it.$fn === 'number') return functionOf(it.$fn)
    return Object.fromEntries(Object.entries(it).map(([name, part]) => [name, revive(part, depth + 1)]))
  }

  return {
    revive: (it) => revive(it),
    heard(id, value, error) {
      const call = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) call?.resolve(value)
      else call?.reject(new Error(error))
    },
  }
}
