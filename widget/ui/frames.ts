/** Thirty times a second reads as flowing, at half of what sixty would cost a slow machine. */
const EVERY_MS = 30

/** When what there is has been drawn, or soon where nothing is drawn (a tab in the background). */
export const drawn = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, 100)
  })

/** Runs `work` at most once per frame, soon but not for each, and also where no frames are drawn (a tab in the background). */
export function everyFrame(work: () => void, hiddenMs = 250) {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let ranAt = -Infinity

  function cancel(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = timer = undefined
  }
  function flush(): void {
    cancel()
    ranAt = performance.now()
    work()
  }
  /** `at` is when the frame began. */
  function step(at: number): void {
    if (at - ranAt < EVERY_MS) frame = requestAnimationFrame(step)
    else flush()
  }

  return {
    wake() {
      if (frame !== undefined) return
      frame = requestAnimationFrame(step)
      timer = setTimeout(flush, hiddenMs)
    },
    /** Now. */
    flush,
    close: cancel,
  }
}
