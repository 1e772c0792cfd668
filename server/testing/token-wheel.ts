/** One timer for any number of streams: each gets its turn at its due millisecond, without drift. */

export interface TokenWheel {
  /** Calls `step` after `delayMs` and then every `periodMs`, until it returns false. */
  add(delayMs: number, periodMs: number, step: () => boolean): void
}

interface Spoke {
  dueMs: number
  periodMs: number
  step: () => boolean
}

/** Holds no timer while nothing is on the wheel. A late tick makes up for every millisecond it missed. */
export function createTokenWheel(): TokenWheel {
  const slots = new Map<number, Spoke[]>()
  let spokes = 0
  let reachedMs = 0
  const now = () => Math.floor(performance.now())

  function place(spoke: Spoke) {
    const slotMs = Math.max(Math.floor(spoke.dueMs), reachedMs + 1)
    const slot = slots.get(slotMs)
    if (slot) slot.push(spoke)
    else slots.set(slotMs, [spoke])
  }

  function tick() {
    const nowMs = now()
    while (reachedMs < nowMs) {
      reachedMs++
      const slot = slots.get(reachedMs)
      if (!slot) continue
      slots.delete(reachedMs)
      for (const spoke of slot) {
        if (spoke.step()) {
          spoke.dueMs += spoke.periodMs
          place(spoke)
        } else spokes--
      }
    }
    if (spokes > 0) setTimeout(tick, 1)
  }

  return {
    add(delayMs, periodMs, step) {
      if (spokes++ === 0) {
        reachedMs = now()
        setTimeout(tick, 1)
      }
      place({ dueMs: performance.now() + delayMs, periodMs, step })
    },
  }
}
