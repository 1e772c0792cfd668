import { createPacer } from '../platform/index.ts'

/** The text of an answer while it is written: grown here, read by every reader at its own pace. */
export interface RunningText {
  readonly messageId: string
  readonly attempt: number
  readonly text: string
  /** Adds to it; once it is shown, readers are told at once, or with their next frame. */
  append(piece: string): void
  /** Readers may know of it from now on. Nothing where its end was told already. */
  show(): void
  /** Hands every reader what it has not seen yet. For the moment before `message-end`. */
  flush(): void
  /** Nobody is told of it any more. */
  close(): void
}

/** Topics whose readers are written to in one turn of the event loop. */
const MOST_AT_ONCE = 4

/**
 * Brings work round at most once a frame for each key: at once after a pause, else when its frame is over. The frame grows
 * with how much is going on, from 16 ms (a screen's own) to 50 ms: merging is what makes many answers cheap.
 */
export function createFrames<K>(work: (key: K) => void, busyness: () => number) {
  const last = new Map<K, number>()
  const frameMs = () => Math.min(50, Math.max(16, busyness() / 10))
  const pacer = createPacer<K>((key) => {
    last.set(key, performance.now())
    work(key)
  }, MOST_AT_ONCE)

  return {
    mark: (key: K): void => pacer.at(key, (last.get(key) ?? 0) + frameMs()),
    /** Brings it at once; the next frame begins with it. */
    now(key: K): void {
      pacer.forget(key)
      last.set(key, performance.now())
      work(key)
    },
    forget(key: K): void {
      pacer.forget(key)
      last.delete(key)
    },
  }
}
