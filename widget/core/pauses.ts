/** Waiting before another try: as long as it makes sense, and not after `close`. */

export interface Pauses {
  /** Resolves after `ms`, or as soon as there is reason to try now (`wake`), or to try no more (`close`). */
  pause(ms: number): Promise<void>
  wake(): void
  close(): void
}

/** 1 to 30 s with full jitter, and never less than the server asked for. `tries` counts from 0. */
export const backoffMs = (tries: number, retryAfterMs = 0): number =>
  Math.max(retryAfterMs, Math.random() * Math.min(30_000, 1_000 * 2 ** tries))

export function createPauses(): Pauses {
  const ends = new Set<() => void>()
  let closed = false
  const wake = () => [...ends].forEach((end) => end())
  return {
    pause(ms) {
      if (closed) return Promise.resolve()
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer)
          ends.delete(end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        ends.add(end)
      })
    },
    wake,
    close() {
      closed = true
      wake()
    },
  }
}
