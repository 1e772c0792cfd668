import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey } from '../platform/index.ts'
import { createCounts, intervalMs } from './gcra.ts'

const someRate = fc.record({
  per: fc.constant('session' as const),
  perMinute: fc.integer({ min: 1, max: 5_000 }),
  burst: fc.integer({ min: 1, max: 50 }),
})
/** Pauses between one request and the next, in ms: most of them short, some long enough to begin anew. */
const somePauses = fc.array(fc.oneof(fc.nat(20), fc.nat(5_000)), { minLength: 1, maxLength: 200 })

describe('the rate algorithm', () => {
  it('admits in any window what the limit is, and one more at most', () => {
    fc.assert(
      fc.property(someRate, somePauses, (rate, pauses) => {
        const counts = createCounts()
        let now = 1_000_000
        const admitted: number[] = []
        for (const pause of pauses) {
          now += pause
          if (counts.take({ key: 'a', rate }, now).admitted) admitted.push(now)
        }
        for (const [i, from] of admitted.entries())
          for (const [j, to] of admitted.entries())
            if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(rate.burst + (to - from) / intervalMs(rate) + 1)
      }),
    )
  })

  it('lets nobody wait in vain: what it refuses it admits after the time it says, and not a moment before', () => {
    fc.assert(
      fc.property(someRate, fc.integer({ min: 1, max: 120 }), (rate, asked) => {
        const counts = createCounts()
        const bucket = { key: 'a', rate }
        let last = counts.take(bucket, 5_000)
        for (let i = 1; i < asked + rate.burst; i++) last = counts.take(bucket, 5_000)
        expect(last).toMatchObject({ admitted: false, remaining: 0 })
        expect(counts.take(bucket, 5_000 + last.nextMs - intervalMs(rate) / 100).admitted).toBe(false)
        expect(counts.take(bucket, 5_000 + last.nextMs + intervalMs(rate) / 100).admitted).toBe(true)
      }),
    )
  })

  it('says truly how many are left', () => {
    fc.assert(
      fc.property(someRate, somePauses, (rate, pauses) => {
        const counts = createCounts()
        let now = 1_000_000
        let last = counts.take({ key: 'a', rate }, now)
        for (const pause of pauses) last = counts.take({ key: 'a', rate }, (now += pause))
        let left = 0
        while (counts.take({ key: 'a', rate }, now).admitted) left++
        expect(left).toBe(last.remaining)
      }),
    )
  })

  it('remembers a bounded number of them, however many come', () => {
    const counts = createCounts()
    const rate = { per: 'address' as const, perMinute: 1, burst: 5 }
    for (let i = 0; i < 250_000; i++) counts.take({ key: `address ${i}`, rate }, 1_000)
    expect(counts.size).toBeLessThanOrEqual(100_000)
    expect(counts.take({ key: 'address 249999', rate }, 1_000).remaining).toBe(3)
  })
})

describe('an address', () => {
  it.for([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
    ['no address: at all', 'no address: at all'],
  ] as const)('%s is counted as %s', ([ip, key]) => {
    expect(addressKey(ip)).toBe(key)
  })
})
