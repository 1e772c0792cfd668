import { Fault } from '@aside/protocol'

const WINDOW_MS = 900_000
const PER_ACCOUNT = 5
const PER_ADDRESS = 20
/** Of accounts and addresses together; those of which the longest nothing was heard are forgotten first. */
const KEEP = 20_000

export interface Attempts {
  /**
   * Counts a try as a wrong one, before it is known to be: a thousand at once are not a thousand tries. The result takes it back.
   * Throws `rate_limited` past five for an account, or twenty from an address, within 15 minutes; that is the same for an account
   * that does not exist.
   */
  begin(account: string, ip: string): { takeBack(): void }
}

/** Kept by this process: several behind one address allow as many tries each. */
export function createAttempts(now: () => number): Attempts {
  const tries = new Map<string, number[]>()

  const recent = (key: string) => (tries.get(key) ?? []).filter((at) => at > now() - WINDOW_MS)

  function keep(key: string, times: number[]): void {
    tries.delete(key)
    if (times.length > 0) tries.set(key, times)
    if (tries.size > KEEP) tries.delete(tries.keys().next().value!)
  }

  return {
    begin(account, ip) {
      const limits = [
        { key: `account ${account}`, most: PER_ACCOUNT },
        { key: `address ${ip}`, most: PER_ADDRESS },
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
      return {
        takeBack() {
          for (const { key } of limits) {
            const times = recent(key)
            const mine = times.indexOf(at)
            if (mine >= 0) keep(key, times.toSpliced(mine, 1))
          }
        },
      }
    },
  }
}
