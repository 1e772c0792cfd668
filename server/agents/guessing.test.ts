import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type RawReply, sendJson } from '../testing/raw-request.ts'
import { createStaff, type Staff } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

const WINDOW_MS = 900_000

describe.for(stores)('guessing passwords, on %s', (store) => {
  let laterMs = 0
  let aside: Aside
  let owner: Owner
  let anna: Staff
  beforeAll(async () => {
    aside = await startAside({
      store,
      boot: { edge: { now: () => Date.now() + laterMs } },
      env: { ASIDE_TRUSTED_PROXIES: '1' },
    })
    owner = await aside.owner()
    anna = await createStaff(aside, owner, 'agent')
  })
  afterAll(() => aside?.stop())

  let addresses = 0
  const elsewhere = () => `10.${(++addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`
  const login = (email: string, password: string, ip = elsewhere()) =>
    sendJson(`${aside.url}/v1/agents/login`, { email, password }, { 'x-forwarded-for': ip })
  const statuses = (replies: RawReply[]) =>
    Object.fromEntries(
      Map.groupBy(replies, (it) => it.status)
        .entries()
        .map(([status, all]) => [status, all.length]),
    )
  const bodyOf = (reply: RawReply) => reply.text.replace(reply.error().requestId, '')
  async function many(count: number, ask: (i: number) => Promise<RawReply>): Promise<RawReply[]> {
    const replies: RawReply[] = []
    // As many as may wait for their turn.
    for (let i = 0; i < count; i += 40)
      replies.push(...(await Promise.all(Array.from({ length: Math.min(40, count - i) }, (_, j) => ask(i + j)))))
    return replies
  }

  it('ends after five tries for an account from an address, whether it exists or not, and for nobody elsewhere', async () => {
    for (const email of [anna.email, 'nobody@acme.example']) {
      const ip = elsewhere()
      const replies = await many(12, (i) => login(email, `wrong number ${i}`, ip))
      expect(statuses(replies), email).toEqual({ 401: 5, 429: 7 })
      const limited = replies.find((it) => it.status === 429)!
      expect(limited.error().code).toBe('rate_limited')
      expect(Number(limited.headers['retry-after'])).toBeGreaterThan(800)
      expect(Number(limited.headers['retry-after'])).toBeLessThanOrEqual(900)
      // The right one is not tried either: else the limit would tell which it is.
      if (email === anna.email) expect((await login(email, anna.password, ip)).status).toBe(429)
    }
    const query = { target: anna.agent.id, action: 'agent.login_refused' as const }
    expect((await owner.client.call(listAudit, { query })).entries).toHaveLength(5)
    // Whoever only knows the address of somebody does not keep them out.
    expect((await login(anna.email, anna.password)).status).toBe(200)
  })

  it('counts all that one customer has of IPv6 as one address', async () => {
    laterMs += WINDOW_MS + 1_000
    const replies = await many(12, (i) => login(anna.email, `wrong number ${i}`, `2001:db8:7:7::${i.toString(16)}`))
    expect(statuses(replies)).toEqual({ 401: 5, 429: 7 })
    expect((await login(anna.email, anna.password, '2001:db8:7:7:8:9:a:b')).status).toBe(429)
    expect((await login(anna.email, anna.password, '2001:db8:7:8::1')).status).toBe(200)
  })

  it(
    'ends after a hundred tries for an account, wherever they come from, but not for who signs in where they did before',
    { timeout: 60_000 },
    async () => {
      laterMs += WINDOW_MS + 1_000
      const office = elsewhere()
      expect((await login(anna.email, anna.password, office)).status).toBe(200)
      for (const email of [anna.email, 'nobody@acme.example']) {
        const replies = await many(150, (i) => login(email, `wrong number ${i}`))
        expect(statuses(replies), email).toEqual({ 401: 100, 429: 50 })
      }
      expect((await login(anna.email, anna.password)).status).toBe(429)
      expect((await login(anna.email, anna.password, office)).status).toBe(200)
      expect(statuses(await many(6, () => login(anna.email, 'wrong', office)))).toEqual({ 401: 5, 429: 1 })
      laterMs += WINDOW_MS + 1_000
      expect((await login(anna.email, anna.password)).status).toBe(200)
    },
  )

  it('ends after twenty tries from an address, whosever accounts they are for', async () => {
    const ip = elsewhere()
    const replies = await many(40, (i) => login(`person-${i}@acme.example`, 'wrong password', ip))
    expect(statuses(replies)).toEqual({ 401: 20, 429: 20 })
    expect((await login(anna.email, anna.password, ip)).status).toBe(429)
    expect((await login(anna.email, anna.password)).status).toBe(200)
  })

  it('is not what it is to sign in rightly, however often', async () => {
    const ip = elsewhere()
    for (let i = 0; i < 25; i++) expect((await login(anna.email, anna.password, ip)).status).toBe(200)
  })

  // In time of this process alone: by the clock, what else the machine does would be measured.
  it('tells nobody who exists: the same body, after the same work', { timeout: 60_000, retry: 2 }, async () => {
    const emails = [anna.email, 'nobody@acme.example']
    const workMs: number[][] = [[], []]
    const bodies = new Set<string>()
    for (let round = 0; round < 20; round++) {
      laterMs += WINDOW_MS + 1_000
      for (const i of round % 2 ? [0, 1] : [1, 0]) {
        const before = process.cpuUsage()
        const reply = await login(emails[i]!, 'a wrong password')
        const { user, system } = process.cpuUsage(before)
        workMs[i]!.push((user + system) / 1_000)
        bodies.add(`${reply.status} ${bodyOf(reply)} ${Object.keys(reply.headers).sort().join()}`)
      }
    }
    expect(bodies.size).toBe(1)
    const [known = 0, unknown = 0] = workMs.map((all) => all.toSorted((a, b) => a - b)[all.length >> 1]!)
    expect(Math.abs(known - unknown) / unknown, `${known} ms, ${unknown} ms`).toBeLessThan(0.1)
  })

  it('takes the memory of two hashes, however many try at once; the others wait, or come back later', async () => {
    laterMs += WINDOW_MS + 1_000
    const before = process.memoryUsage().rss
    let peak = before
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5)
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, i) => login(`crowd-${i}@acme.example`, 'a wrong password')),
    )
    clearInterval(watch)
    const refused = replies.filter((it) => it.status !== 401)
    expect(refused.length).toBeGreaterThan(20)
    expect(refused.length).toBeLessThan(160)
    for (const reply of refused) {
      expect([reply.status, reply.error().code]).toEqual([503, 'overloaded'])
      expect(reply.headers['retry-after']).toBe('1')
    }
    // Four at once would be 76 MiB beside what 200 requests take.
    expect((peak - before) / 2 ** 20).toBeLessThan(100)
    expect((await login(anna.email, anna.password)).status).toBe(200)
  })
})
