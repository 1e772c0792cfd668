import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createKey, listApps } from '@aside/protocol'
import { type Aside, ORIGIN, startAside } from '../testing/aside.ts'
import { type RawReply, send } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'
import { openBeside } from '../testing/beside.ts'

const someIpv6 = () => Array.from({ length: 4 }, () => Math.floor(Math.random() * 65_536).toString(16)).join(':')

describe.for(stores)('how often somebody may ask, on %s', (store) => {
  const running: Aside[] = []
  afterEach(async () => void (await Promise.all(running.splice(0).map((it) => it.stop()))))
  const start = async (env: Record<string, string> = {}, options: { log?: (line: string) => void } = {}) => {
    const aside = await startAside({
      store,
      env: { ASIDE_RATES: 'on', ASIDE_TRUSTED_PROXIES: '1', ...env },
      ...options,
    })
    running.push(aside)
    return aside
  }
  const startSession = (aside: Aside, appId: string, ip: string, more: Record<string, string> = {}) =>
    send(`${aside.url}/v1/sessions`, {
      method: 'POST',
      headers: { origin: ORIGIN, 'content-type': 'application/json', 'x-forwarded-for': ip, ...more },
      body: JSON.stringify({ appId }),
    })
  const settings = (aside: Aside, appId: string, ip: string) =>
    send(`${aside.url}/v1/apps/${appId}/settings`, { headers: { origin: ORIGIN, 'x-forwarded-for': ip } })
  const statuses = (replies: RawReply[]) => ({
    admitted: replies.filter((it) => it.status < 300).length,
    refused: replies.filter((it) => it.status === 429).length,
  })

  it('lets exactly the limit through, one more at most, to eight clients at once, and says it in the headers', async () => {
    const aside = await start({ ASIDE_RATE_START_ADDRESS: '6/20' })
    const { app } = await aside.owner()
    const replies = (
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const own: RawReply[] = []
          for (let i = 0; i < 8; i++) own.push(await startSession(aside, app.id, '203.0.113.7'))
          return own
        }),
      )
    ).flat()
    const { admitted, refused } = statuses(replies)
    expect(admitted).toBeGreaterThanOrEqual(20)
    expect(admitted).toBeLessThanOrEqual(21)
    expect(refused).toBe(64 - admitted)
    for (const reply of replies) {
      expect(reply.headers['ratelimit-policy']).toBe('"start-address";q=20;w=200')
      const [, left, seconds] = /^"start-address";r=(\d+);t=(\d+)$/.exec(String(reply.headers['ratelimit'])) ?? []
      if (reply.status !== 429) {
        expect(Number(left)).toBeLessThan(20)
        continue
      }
      expect(left).toBe('0')
      expect(reply.headers['retry-after']).toBe(seconds)
      expect(reply.error()).toMatchObject({ code: 'rate_limited' })
      expect(Math.ceil(reply.error().retryAfterMs! / 1_000)).toBe(Number(seconds))
      expect(Number(seconds)).toBeLessThanOrEqual(10)
      expect(String(reply.headers['access-control-expose-headers'])).toMatch(/RateLimit, RateLimit-Policy/)
    }
    const left = replies
      .filter((it) => it.status < 300)
      .map((it) => /r=(\d+)/.exec(String(it.headers['ratelimit']))![1])
    expect(new Set(left).size).toBeGreaterThanOrEqual(20)
  })

  it('admits again after the time it said', async () => {
    const aside = await start({ ASIDE_RATE_LOOK_ADDRESS: '120/2' })
    const { app } = await aside.owner()
    for (let i = 0; i < 2; i++) expect((await settings(aside, app.id, '203.0.113.1')).status).toBe(200)
    const refused = await settings(aside, app.id, '203.0.113.1')
    expect(refused.status).toBe(429)
    await sleep(refused.error().retryAfterMs! + 20)
    expect((await settings(aside, app.id, '203.0.113.1')).status).toBe(200)
  })

  it('counts the frame’s document by address as well, whether there is such an app or not', async () => {
    const aside = await start({ ASIDE_RATE_LOOK_ADDRESS: '1/3' })
    const { app } = await aside.owner()
    const frame = (address: string, ip: string) =>
      send(`${aside.url}/embed/${address}`, { headers: { 'x-forwarded-for': ip } })
    for (const [address, status, ip] of [
      [app.id, 200, '203.0.113.4'],
      [`app_${'0'.repeat(26)}`, 404, '203.0.113.5'],
    ] as const) {
      const replies = []
      for (let i = 0; i < 5; i++) replies.push(await frame(address, ip))
      expect(replies.map((it) => it.status)).toEqual([status, status, status, 429, 429])
      expect(replies[0]!.headers['ratelimit-policy']).toBe('"look-address";q=3;w=180')
      expect(replies[4]!.error().code).toBe('rate_limited')
    }
    expect((await frame(app.id, '203.0.113.6')).status).toBe(200)
  })

  it('believes of X-Forwarded-For what its own proxies wrote, and counts an IPv6 network of one customer as one', async () => {
    const aside = await start({ ASIDE_RATE_START_ADDRESS: '1/3' })
    const { app } = await aside.owner()
    const spoofed = []
    for (let i = 0; i < 6; i++) spoofed.push(await startSession(aside, app.id, `198.51.100.${i}, 203.0.113.9`))
    expect(statuses(spoofed)).toEqual({ admitted: 3, refused: 3 })
    const rotated = []
    for (let i = 0; i < 6; i++) rotated.push(await startSession(aside, app.id, `2001:db8:7:8:${someIpv6()}`))
    expect(statuses(rotated)).toEqual({ admitted: 3, refused: 3 })
    expect((await startSession(aside, app.id, '2001:db8:7:9::1')).status).toBe(201)
    expect((await startSession(aside, app.id, '::ffff:203.0.113.9')).status).toBe(429)
  })

  it('does not believe X-Forwarded-For at all where there is no proxy of its own', async () => {
    const aside = await start({ ASIDE_TRUSTED_PROXIES: '0', ASIDE_RATE_START_ADDRESS: '1/3' })
    const { app } = await aside.owner()
    const replies = []
    for (let i = 0; i < 6; i++) replies.push(await startSession(aside, app.id, `198.51.100.${i}`))
    expect(statuses(replies)).toEqual({ admitted: 3, refused: 3 })
  })

  it('counts questions by session, by address whatever the session, and by app whatever the address', async () => {
    const aside = await start({
      ASIDE_RATE_ASK_SESSION: '1/2',
      ASIDE_RATE_ASK_ADDRESS: '1/5',
      ASIDE_RATE_ASK_APP: '1/9',
    })
    const owner = await aside.owner()
    const ask = async (ip: string, questions: number): Promise<string[]> => {
      const visitor = await owner.visitor()
      const conversation = await visitor.conversation()
      const limits: string[] = []
      for (let i = 0; i < questions; i++) {
        const reply = await send(`${aside.url}/v1/conversations/${conversation}/messages`, {
          method: 'POST',
          headers: {
            origin: ORIGIN,
            'content-type': 'application/json',
            'x-forwarded-for': ip,
            authorization: `Bearer ${visitor.session.token}`,
          },
          body: JSON.stringify({ clientId: `question-${i}-${ip.replace(/\./g, '-')}`, text: `Question ${i}` }),
        })
        const name = /^"([^"]+)"/.exec(String(reply.headers['ratelimit-policy']))![1]!
        limits.push(reply.status === 429 ? name : String(reply.status))
      }
      return limits
    }
    expect(await ask('203.0.113.1', 4)).toEqual(['201', '201', 'ask-session', 'ask-session'])
    expect(await ask('203.0.113.1', 2)).toEqual(['201', '201'])
    expect(await ask('203.0.113.1', 2)).toEqual(['201', 'ask-address'])
    // What a session or an address was refused has used nothing of the app's.
    expect(await ask('203.0.113.2', 2)).toEqual(['201', '201'])
    expect(await ask('203.0.113.3', 2)).toEqual(['201', '201'])
    expect(await ask('203.0.113.4', 2)).toEqual(['ask-app', 'ask-app'])
  })

  it('counts keys each by itself, and a backend that starts sessions by its key; the operator is not counted', async () => {
    const aside = await start({ ASIDE_RATE_ADMIN_KEY: '1/4', ASIDE_RATE_START_ADDRESS: '1/1' })
    const owner = await aside.owner()
    const other = await aside.operator.call(createKey, { query: { tenantId: owner.tenantId }, body: { name: 'other' } })
    const list = (secret: string) => send(`${aside.url}/v1/admin/apps`, { headers: { 'x-api-key': secret } })
    const key = { 'x-api-key': owner.secret }
    for (let i = 0; i < 2; i++)
      expect((await send(`${aside.url}/v1/admin/apps`, { headers: key })).headers['ratelimit-policy']).toBe(
        '"admin-key";q=4;w=240',
      )
    const started = await Promise.all(
      [1, 2, 3].map(() =>
        send(`${aside.url}/v1/sessions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...key },
          body: JSON.stringify({ appId: owner.app.id }),
        }),
      ),
    )
    expect(statuses(started)).toEqual({ admitted: 2, refused: 1 })
    expect((await list(owner.secret)).status).toBe(429)
    expect((await list(other.secret)).status).toBe(200)
    for (let i = 0; i < 8; i++) await aside.operator.call(listApps, { query: {} })
  })

  it('refuses an address that guesses tokens and keys, without looking anything up, and neither others nor the operator', async () => {
    const aside = await start({ ASIDE_RATE_GUESS_ADDRESS: '1/3' })
    const owner = await aside.owner()
    const guess = (headers: Record<string, string>, ip = '203.0.113.5') =>
      send(`${aside.url}/v1/conversations`, { headers: { origin: ORIGIN, 'x-forwarded-for': ip, ...headers } })
    // Who shows nothing has not guessed.
    for (let i = 0; i < 5; i++) expect((await guess({})).status).toBe(401)
    // Nor who asks for apps that are none: any page can make its visitors' browsers do that.
    for (let i = 0; i < 5; i++)
      expect((await startSession(aside, `app_${'0'.repeat(26)}`, '203.0.113.5')).status).toBe(404)
    for (let i = 0; i < 3; i++)
      expect((await guess({ authorization: `Bearer vst_${'x'.repeat(43)}` })).status).toBe(401)
    const { token } = (await owner.visitor()).session
    const refused = await guess({ authorization: `Bearer ${token}` })
    expect(refused.error().code).toBe('rate_limited')
    expect(refused.headers['ratelimit-policy']).toBe('"guess-address";q=3;w=180')
    expect((await startSession(aside, owner.app.id, '203.0.113.5')).status).toBe(429)
    expect((await guess({ authorization: `Bearer ${token}` }, '203.0.113.6')).status).toBe(200)
    const operators = { authorization: `Bearer ${aside.running.operatorToken}`, 'x-forwarded-for': '203.0.113.5' }
    expect((await send(`${aside.url}/v1/admin/checks`, { headers: operators })).status).toBe(200)
  })

  it('says nothing of limits where there are none', async () => {
    const aside = await start({ ASIDE_RATES: 'off' })
    const { app } = await aside.owner()
    const reply = await settings(aside, app.id, '203.0.113.1')
    expect(reply.status).toBe(200)
    expect(reply.headers['ratelimit']).toBeUndefined()
    expect((await send(`${aside.url}/healthz`)).headers['ratelimit']).toBeUndefined()
  })

  it.runIf(store === 'postgres')('counts by itself for a while where the shared counts cannot be had', async () => {
    const lines: string[] = []
    const aside = await start({ ASIDE_RATE_START_ADDRESS: '1/3' }, { log: (line) => lines.push(line) })
    const { app } = await aside.owner()
    const beside = await openBeside(aside.store)
    const unlocked = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const holding = beside.scope('-').transaction(async (tx) => {
      await tx.execute('lock table "rate_limits" in access exclusive mode')
      locked.resolve()
      await unlocked.promise
    })
    await locked.promise
    const replies = []
    for (let i = 0; i < 6; i++) replies.push(await startSession(aside, app.id, '203.0.113.1'))
    expect(statuses(replies)).toEqual({ admitted: 3, refused: 3 })
    expect(lines.filter((line) => line.includes('rates-counted-here'))).toHaveLength(1)
    unlocked.resolve()
    await holding
    await beside.close()
  })
})
