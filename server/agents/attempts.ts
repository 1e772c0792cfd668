import { Fault } from '@aside/protocol'
import { addressKey } from '../platform/index.ts'

const WINDOW_MS = 900_000
const PER_ACCOUNT_AND_ADDRESS = 5
const PER_ADDRESS = 20
/**
 * Of an account, wherever they come from: so many that a few addresses lock nobody out. The number, and that addresses which were
 * right before stay open, are those of NIST SP 800-63B-4, 3.2.2, though it counts without a window.
 */
const PER_ACCOUNT = 100
/** Of accounts and addresses together; those of which the longest nothing was heard are forgotten first. */
const KEEP = 20_000

export interface Attempts {
  /**
   * Counts a try as a wrong one, before it is known to be: a thousand at once are not a thousand tries. Throws `rate_limited` past
   * five for an account from one address (of IPv6, a /64), twenty from an address, or a hundred for an account, within 15 minutes;
   * that is the same for an account that does not exist. The hundred do not hold for an address that the account was signed in
   * from: strangers cannot lock somebody out of where they always are.
   */
  begin(account: string, ip: string): Attempt
}

export interface Attempt {
  /** It could not be tried. */
  takeBack(): void
  /** It was right. */
  succeeded(): void
}

/** Kept by this process: several on one store allow as many tries each. */
export function createAttempts(now: () => number): Attempts {
  const tries = new Map<string, number[]>()
  /** Account and address, where a password was right. */
  const familiar = new Set<string>()

  const recent = (key: string) => (tries.get(key) ?? []).filter((at) => at > now() - WINDOW_MS)

  function keep(key: string, times: number[]): void {
    tries.delete(key)
    if (times.length > 0) tries.set(key, times)
    if (tries.size > KEEP) tries.delete(tries.keys().next().value!)
  }

  return {
    begin(account, ip) {
      const address = addressKey(ip)
      const both = `${address} ${account}`
      const limits = [
        { key: `both ${both}`, most: PER_ACCOUNT_AND_ADDRESS },
        { key: `address ${address}`, most: PER_ADDRESS },
        ...(familiar.has(both) ? [] : [{ key: `account ${account}`, most: PER_ACCOUNT }]),
      ]
      for (const { key, most } of limits) {
        const times = recent(key)
        if (times.length >= most)
          throw new Fault('rate_limited', 'Too many tries: wait a while', {
            retryAfterMs: times[times.length - most]! + WINDOW_MS - now(),
          })
      }
      const at = now()
      for (const { key } of limits) keep(key, [...recent(key), at])
      function takeBack(): void {
        for (const { key } of limits) {
          const times = recent(key)
          const mine = times.indexOf(at)
          if (mine >= 0) keep(key, times.toSpliced(mine, 1))
        }
      }
      return {
        takeBack,
        succeeded() {
          takeBack()
          familiar.delete(both)
          familiar.add(both)
          if (familiar.size > KEEP) familiar.delete(familiar.values().next().value!)
        },
      }
    },
  }
}
