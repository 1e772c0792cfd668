/**
 * The generic cell rate algorithm: a leaky bucket kept as one number, the theoretical arrival time of the next request (ITU-T I.371;
 * ATM Forum, Traffic Management 4.0, section 4.4.2). No window has an edge at which twice the limit gets through.
 */
import type { Rate } from '@aside/protocol'

export interface Counted {
  admitted: boolean
  /** Requests that would be admitted at once, now. */
  remaining: number
  /** Until there is one more: of what was refused, until it would be admitted. */
  nextMs: number
}

/** One request in the long run. */
export const intervalMs = ({ perMinute }: Rate): number => 60_000 / perMinute

/** How far ahead of its time a request may be. */
export const toleranceMs = (rate: Rate): number => (rate.burst - 1) * intervalMs(rate)

/** Requests there is room for. Sums of thirds and sevenths: a whole number may come out a hair below itself. */
const roomAt = (rate: Rate, tat: number, now: number): number =>
  Math.max(0, Math.floor(rate.burst - Math.max(0, tat - now) / intervalMs(rate) + 1e-6))

/** What is to be said of a limit whose arrival time is `tat`. */
export function countedAt(rate: Rate, tat: number, now: number, admitted: boolean): Counted {
  const interval = intervalMs(rate)
  const used = Math.max(0, tat - now) / interval
  const remaining = admitted ? roomAt(rate, tat, now) : 0
  return { admitted, remaining, nextMs: Math.max(0, (used - (rate.burst - remaining - 1)) * interval) }
}

const MOST = 100_000

export interface Bucket {
  key: string
  rate: Rate
}

/** The process's own counts. Bounded: whoever brings new addresses or sessions cannot fill the memory. */
export function createCounts() {
  const arrivals = new Map<string, number>()

  function makeRoom(now: number): void {
    for (const [key, tat] of arrivals) if (tat <= now) arrivals.delete(key)
    // All of them are in use: the oldest half begins anew.
    let surplus = arrivals.size - MOST / 2
    if (arrivals.size >= MOST)
      for (const key of arrivals.keys()) {
        if (surplus-- <= 0) break
        arrivals.delete(key)
      }
  }

  return {
    /** Counts a request where it is admitted. */
    take({ key, rate }: Bucket, now: number): Counted {
      const tat = arrivals.get(key) ?? 0
      if (roomAt(rate, tat, now) < 1) return countedAt(rate, tat, now, false)
      if (arrivals.size >= MOST) makeRoom(now)
      const next = Math.max(now, tat) + intervalMs(rate)
      arrivals.set(key, next)
      return countedAt(rate, next, now, true)
    },
    get size() {
      return arrivals.size
    },
  }
}
