/** The text of an answer while it is written: grown here, read by every reader at its own pace. */
export interface RunningText {
  readonly messageId: string
  readonly attempt: number
  readonly text: string
  /** Adds to it; readers are told at once, or with their next frame. */
  append(piece: string): void
  /** Hands every reader what it has not seen yet. For the moment before `message-end`. */
  flush(): void
  /** Nobody is told of it any more. */
  close(): void
}

/**
 * Brings work round at most once a frame for each key: at once after a pause, else when its frame is over. The frame grows
 * with how much is going on, from 16 ms (a screen's own) to 50 ms: merging is what makes many answers cheap.
 */
export function createFrames<K>(work: (key: K) => void, busyness: () => number) {
  const last = new Map<K, number>()
  const waiting = new Map<K, number>()
  let timer: NodeJS.Timeout | undefined
  const frameMs = () => Math.min(80, Math.max(16, busyness() / 6))

  function round(): void {
    timer = undefined
    const now = performance.now()
    for (const [key, due] of waiting) {
      if (due > now + 2) {
        timer = setTimeout(round, due - now)
        return
      }
      waiting.delete(key)
      last.set(key, now)
      work(key)
    }
  }

  return {
    mark(key: K): void {
      if (waiting.has(key)) return
      const now = performance.now()
      const due = (last.get(key) ?? 0) + frameMs()
      if (due <= now) {
        // After this turn of the event loop: what came in the same read goes out in the same write.
        waiting.set(key, now)
        setImmediate(() => {
          if (!waiting.delete(key)) return
          last.set(key, performance.now())
          work(key)
        })
        return
      }
      waiting.set(key, due)
      timer ??= setTimeout(round, due - now)
    },
    forget(key: K): void {
      waiting.delete(key)
      last.delete(key)
    },
  }
}
