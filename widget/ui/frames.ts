/** Runs `work` at most once per frame, and also where no frames are drawn (a tab in the background). */
export function everyFrame(work: () => void, hiddenMs = 250) {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function cancel(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = timer = undefined
  }
  function flush(): void {
    cancel()
    work()
  }

  return {
    wake() {
      if (frame !== undefined) return
      frame = requestAnimationFrame(flush)
      timer = setTimeout(flush, hiddenMs)
    },
    /** Now. */
    flush,
    close: cancel,
  }
}
