import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How much must have come since the last time, in bytes: less is not worth a pause. */
const WORTH_BYTES = 16 * 1024 * 1024
/** Looking through a larger heap takes long enough to be felt by who comes just then. */
const HEAP_MOST_BYTES = 256 * 1024 * 1024
/** Of the time since the last look, so much may have been spent at work. */
const QUIET_SHARE = 0.1

/**
 * Gives memory back once a rush is over. V8 looks through its old objects as the heap grows; where visitors only wait it does not grow,
 * and what their coming left behind would stay for hours: a third of what the process takes (bench/, `idle`). It is done in a moment
 * in which nothing runs, and takes some 50 to 150 ms.
 */
export function giveMemoryBack(isIdle: () => boolean, everyMs = 5_000): { stop(): void } {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let left = process.memoryUsage().heapUsed
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    const { heapUsed } = process.memoryUsage()
    // What was collected meanwhile was not left behind.
    left = Math.min(left, heapUsed)
    if (utilization > QUIET_SHARE || heapUsed - left < WORTH_BYTES || heapUsed > HEAP_MOST_BYTES || !isIdle()) return
    collect()
    left = process.memoryUsage().heapUsed
  }, everyMs).unref()
  return { stop: () => clearInterval(timer) }
}
