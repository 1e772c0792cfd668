/** Long work in short slices: answers are streaming in this process, and none may wait for a large document. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Work that says, by yielding, where it may pause. */
export type Pausable<T> = Generator<void, T, void>

/** Runs `work` to its end, and lets the event loop turn whenever a pause comes `sliceMs` after the last one. */
export async function unhurried<T>(work: Pausable<T>, sliceMs = 4): Promise<T> {
  let until = performance.now() + sliceMs
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + sliceMs
  }
}
