/** Long work in short slices: answers are streaming in this process, and none may wait for a large document. */

/** Work that says, by yielding, where it may pause. */
export type Pausable<T> = Generator<void, T, void>

const SLICE_MS = 4

// One slice of one piece of work each turn of the event loop, in rotation: two documents take no longer turns than one.
const waiting: (() => void)[] = []
let scheduled = false

function turn(): void {
  scheduled = false
  waiting.shift()?.()
  schedule()
}

function schedule(): void {
  if (scheduled || waiting.length === 0) return
  scheduled = true
  setImmediate(turn)
}

/** Runs `work` to its end, a few milliseconds at a time. Rejects with what it throws. */
export function unhurried<T>(work: Pausable<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    function slice(): void {
      const until = performance.now() + SLICE_MS
      try {
        for (;;) {
          const step = work.next()
          if (step.done) return resolve(step.value)
          if (performance.now() >= until) break
        }
      } catch (error) {
        return reject(error)
      }
      waiting.push(slice)
    }
    waiting.push(slice)
    schedule()
  })
}

/** For work known to be small. */
export function atOnce<T>(work: Pausable<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}
