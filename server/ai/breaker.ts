/** Stops asking a provider that keeps failing, so that nobody waits for what will not come. */
import { createHash } from 'node:crypto'
import { Fault } from '@aside/protocol'

export interface BreakerLimits {
  /** Opens after this many failures in a row, … */
  consecutive: number
  /** … or when this share of at least `sample` calls within `windowMs` failed. */
  ratio: number
  sample: number
  windowMs: number
  /** Stays open this long, then lets a single call probe. */
  openMs: number
}

export const defaultBreakerLimits: BreakerLimits = {
  consecutive: 5,
  ratio: 0.5,
  sample: 20,
  windowMs: 30_000,
  openMs: 15_000,
}

/** `neutral` says nothing about the provider's health: a refused request, a stop by the caller. */
export type Outcome = 'success' | 'failure' | 'neutral'

export interface Permit {
  /** The provider answers: a probe closes the breaker here, not only when its answer is complete. */
  answers(): void
  /** Call once. */
  settle(outcome: Outcome): void
}

export interface Breaker {
  readonly state: 'closed' | 'open' | 'half-open'
  /** Throws `upstream_unavailable` while open, and while another call probes. */
  enter(): Permit
}

interface Bucket {
  startedAt: number
  calls: number
  failures: number
}

const bucketsPerWindow = 10

/** `now` gives milliseconds on a clock that never goes back. */
export function createBreaker(limits: BreakerLimits = defaultBreakerLimits, now = () => performance.now()): Breaker {
  let buckets: Bucket[] = []
  let failuresInARow = 0
  let openedAt: number | undefined
  let probe: Permit | undefined

  function open() {
    openedAt = now()
    probe = undefined
  }

  function close() {
    openedAt = undefined
    probe = undefined
    failuresInARow = 0
    buckets = []
  }

  function note(failed: boolean) {
    const at = now()
    let newest = buckets.at(-1)
    if (!newest || at - newest.startedAt >= limits.windowMs / bucketsPerWindow) {
      buckets = buckets.filter((bucket) => at - bucket.startedAt < limits.windowMs)
      newest = { startedAt: at, calls: 0, failures: 0 }
      buckets.push(newest)
    }
    newest.calls++
    if (failed) newest.failures++
    failuresInARow = failed ? failuresInARow + 1 : 0
    const calls = buckets.reduce((sum, bucket) => sum + bucket.calls, 0)
    const failures = buckets.reduce((sum, bucket) => sum + bucket.failures, 0)
    const isFailing = calls >= limits.sample && failures / calls >= limits.ratio
    if (failed && (failuresInARow >= limits.consecutive || isFailing)) open()
  }

  function waitMs(): number {
    return openedAt === undefined ? 0 : Math.max(0, openedAt + limits.openMs - now())
  }

  function permit(): Permit {
    const self: Permit = {
      answers() {
        if (probe === self) close()
      },
      settle(outcome) {
        if (probe === self) {
          if (outcome === 'success') close()
          else if (outcome === 'failure') open()
          else probe = undefined
        } else if (openedAt === undefined && outcome !== 'neutral') note(outcome === 'failure')
        // What began before the breaker opened says nothing about now.
      },
    }
    return self
  }

  return {
    get state() {
      if (openedAt === undefined) return 'closed'
      return waitMs() > 0 ? 'open' : 'half-open'
    },
    enter() {
      if (openedAt === undefined) return permit()
      if (waitMs() > 0 || probe !== undefined)
        throw new Fault('upstream_unavailable', 'The model does not answer at the moment', {
          retryAfterMs: Math.ceil(waitMs()) || 1_000,
        })
      probe = permit()
      return probe
    },
  }
}

/** The breaker of one provider and one key: a customer's bad key never closes another's way. */
export type Breakers = (baseUrl: string, apiKey: string) => Breaker

export function createBreakers(limits?: BreakerLimits, now?: () => number): Breakers {
  const breakers = new Map<string, Breaker>()
  return (baseUrl, apiKey) => {
    const name = createHash('sha256').update(`${baseUrl}\n${apiKey}`).digest('base64')
    let breaker = breakers.get(name)
    if (!breaker) {
      breaker = createBreaker(limits, now)
      breakers.set(name, breaker)
    }
    return breaker
  }
}
