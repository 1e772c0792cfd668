import { Fault, isFault, type Rate, type RateClass, type RatePer } from '@aside/protocol'
import { acrossTenants, addressKey, type Db, type Log, type RateTable, storeFault } from '../platform/index.ts'

import { type Bucket, type Counted, createCounts } from './gcra.ts'
import { pruneShared, takeShared } from './shared-counts.ts'

/** Who asks, as far as it is known: what is not is not counted. */
export interface Asking {
  ip: string
  tenantId?: string | undefined
  sessionId?: string | undefined
  keyId?: string | undefined
  appId?: string | undefined
}

/** What the caller is told of the limit that is nearest to them, or that refused. */
export interface Standing {
  name: string
  rate: Rate
  counted: Counted
}

export interface Rates {
  /**
   * Counts a request. Undefined where nothing limits it. A refused one is in the result, not thrown, and waits: for as long as it
   * would be refused again it costs the store nothing.
   */
  take(name: RateClass, asking: Asking): Promise<Standing | undefined>
  /** The limit this address has reached by guessing, for as long as it has to wait. Asks nobody. */
  blocked(ip: string): Standing | undefined
  /** A credential that was none: counts for `blocked`. */
  guessed(ip: string): Promise<void>
}

interface Parts {
  db: Db
  log: Log
  /** Absent: nothing is limited. */
  table: RateTable | undefined
  /** In ms, and never back: with the time of day, everybody would be refused for as long as it was set back by. */
  clock?: () => number
}

const PRUNE_EVERY_MS = 60_000
/** For how long a store that failed is not asked again. */
const HERE_MS = 5_000
const REFUSALS_MOST = 50_000

export function createRates({ db, log, table, clock = () => performance.now() }: Parts): Rates {
  const counts = createCounts()
  const everywhere = acrossTenants(db, log)
  /** By bucket: until when it would be refused. */
  const refusals = new Map<string, { untilMs: number; standing: Standing }>()
  let prunedAt = clock()
  let hereUntil = -Infinity

  const idOf: Record<RatePer, (asking: Asking) => string | undefined> = {
    session: ({ sessionId }) => sessionId,
    address: ({ ip }) => addressKey(ip),
    key: ({ keyId }) => keyId,
    app: ({ appId }) => appId,
  }

  function refused(key: string, now: number): Standing | undefined {
    const known = refusals.get(key)
    if (!known) return undefined
    const nextMs = known.untilMs - now
    if (nextMs > 0) return { ...known.standing, counted: { ...known.standing.counted, nextMs } }
    refusals.delete(key)
    return undefined
  }

  function refuse(key: string, standing: Standing, now: number): void {
    if (refusals.size >= REFUSALS_MOST) refusals.clear()
    const counted = { ...standing.counted, admitted: false }
    refusals.set(key, { untilMs: now + counted.nextMs, standing: { ...standing, counted } })
  }

  function takeHere(buckets: Bucket[], now: number): Counted[] {
    const counted: Counted[] = []
    for (const bucket of buckets) {
      const it = counts.take(bucket, now)
      counted.push(it)
      if (!it.admitted) break
    }
    return counted
  }

  async function count(name: RateClass, buckets: Bucket[], tenantId: string, now: number): Promise<Counted[]> {
    const isHere = db.kind === 'sqlite' || (now < hereUntil && name !== 'login')
    if (isHere) return takeHere(buckets, now)
    if (now - prunedAt > PRUNE_EVERY_MS) {
      prunedAt = now
      pruneShared(everywhere).catch((error: unknown) => log.warn('rates-not-pruned', { reason: String(error) }))
    }
    try {
      return await takeShared(everywhere, tenantId, buckets)
    } catch (error) {
      if (!isStoreTrouble(error) || name === 'login') throw error
      log.warn('rates-counted-here', { forMs: HERE_MS, reason: String(error) })
      hereUntil = now + HERE_MS
      return takeHere(buckets, now)
    }
  }

  async function take(name: RateClass, asking: Asking): Promise<Standing | undefined> {
    if (!table) return undefined
    const now = clock()
    const buckets: (Bucket & { per: RatePer })[] = []
    for (const rate of table[name]) {
      const id = idOf[rate.per](asking)
      if (id !== undefined) buckets.push({ key: `${name} ${rate.per} ${id}`, rate, per: rate.per })
    }
    if (buckets.length === 0) return undefined
    for (const { key } of buckets) {
      const known = refused(key, now)
      if (known) return known
    }
    const counted = await count(name, buckets, asking.tenantId ?? '-', now)
    const last = counted.length - 1
    // The first is the caller's own; how full an app is, is told to nobody whom it does not stop.
    const at = counted[last]?.admitted === false ? last : 0
    const bucket = buckets[at]
    const its = counted[at]
    if (!bucket || !its) return undefined
    const standing = { name: `${name}-${bucket.per}`, rate: bucket.rate, counted: its }
    if (!its.admitted) refuse(bucket.key, standing, now)
    return standing
  }

  return {
    take,
    blocked: (ip) => (refusals.size === 0 ? undefined : refused(guesses(ip), clock())),
    async guessed(ip) {
      const standing = await take('guess', { ip })
      // The last one there was: the next is not looked up any more.
      if (standing?.counted.admitted && standing.counted.remaining === 0) refuse(guesses(ip), standing, clock())
    },
  }
}

const guesses = (ip: string) => `guess address ${addressKey(ip)}`

const isStoreTrouble = (error: unknown) => isFault(storeFault(error))

/** How a refusal reads. */
export const tooOften = (waitMs: number): Fault =>
  new Fault('rate_limited', 'That is too often: wait a moment', { retryAfterMs: Math.max(1, Math.ceil(waitMs)) })

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1_000))

/**
 * `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10: `q` requests in any `w` seconds; of those `r` are
 * left, and in `t` seconds there is one more, which is also what `Retry-After` says.
 */
export const rateHeaders = ({ name, rate, counted }: Standing): Record<string, string> => ({
  'RateLimit-Policy': `"${name}";q=${rate.burst};w=${seconds((rate.burst * 60_000) / rate.perMinute)}`,
  RateLimit: `"${name}";r=${counted.remaining};t=${seconds(counted.nextMs)}`,
})
