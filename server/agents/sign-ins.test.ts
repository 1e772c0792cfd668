import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit, readMe } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type RawReply, send, sendJson } from '../testing/raw-request.ts'
import { cookieOf, createStaff, type Staff } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000

describe.for(stores)('a sign-in, on %s', (store) => {
  let laterMs = 0
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store, boot: { edge: { now: () => Date.now() + laterMs } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const post = (path: string, cookie: string, headers: Record<string, string> = {}) =>
    sendJson(`${aside.url}/v1/agents/${path}`, {}, { cookie, ...headers })
  const refresh = (cookie: string, headers?: Record<string, string>) => post('refresh', cookie, headers)
  const tokenOf = (reply: RawReply) => (reply.json() as { accessToken: string }).accessToken
  const me = (token: string, headers: Record<string, string> = {}) =>
    send(`${aside.url}/v1/agents/me`, { headers: { authorization: `Bearer ${token}`, ...headers } })
  const codeOf = (reply: RawReply) => [reply.status, reply.error().code]
  const out = [401, 'unauthenticated']
  const revocations = async ({ agent }: Staff) =>
    (await owner.client.call(listAudit, { query: { target: agent.id, action: 'agent.tokens_revoked' } })).entries

  it('gives an access token for a quarter of an hour, and a cookie that no script and no other site can use', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    const reply = await sendJson(`${aside.url}/v1/agents/login`, { email: anna.email, password: anna.password })
    expect(reply.headers['cache-control']).toBe('no-store')
    const [cookie] = reply.headers['set-cookie']!
    expect(cookie).toMatch(/^aside-refresh=art_[\w-]{43}; Path=\/; Max-Age=1209[56]\d\d; HttpOnly; SameSite=Strict$/)
    expect(reply.text).not.toContain('art_')
    const { expiresAt, accessToken } = reply.json() as { expiresAt: string; accessToken: string }
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - 900_000)).toBeLessThan(2_000)
    laterMs = 906_000
    expect(codeOf(await me(accessToken))).toEqual([401, 'session_expired'])
    const next = await refresh(cookieOf(reply))
    expect((await me(tokenOf(next))).status).toBe(200)
    laterMs = 0
  })

  it('goes on as long as it is renewed, for ninety days; it ends after two weeks in which it is not', async () => {
    const [anna, ben] = [await createStaff(aside, owner, 'viewer'), await createStaff(aside, owner, 'viewer')]
    let { cookie } = anna
    for (laterMs = 13 * DAY_MS; laterMs < 90 * DAY_MS; laterMs += 13 * DAY_MS) {
      const reply = await refresh(cookie)
      expect(reply.status, reply.text).toBe(200)
      expect(cookieOf(reply)).not.toBe(cookie)
      cookie = cookieOf(reply)
    }
    laterMs = 90 * DAY_MS
    expect(codeOf(await refresh(cookie))).toEqual(out)
    laterMs = 14 * DAY_MS
    expect(codeOf(await refresh(ben.cookie))).toEqual(out)
    laterMs = 0
  })

  it('is over, with all its tokens, when a refresh token is shown that was replaced', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    const other = await sendJson(`${aside.url}/v1/agents/login`, { email: anna.email, password: anna.password })
    const second = await refresh(anna.cookie)
    const third = await refresh(cookieOf(second))
    laterMs = 11_000
    expect(await revocations(anna)).toEqual([])
    expect(codeOf(await refresh(anna.cookie))).toEqual(out)
    expect(codeOf(await refresh(cookieOf(third)))).toEqual(out)
    for (const token of [anna.accessToken, tokenOf(third)]) expect(codeOf(await me(token))).toEqual(out)
    expect(await revocations(anna)).toMatchObject([{ actor: { id: anna.agent.id }, detail: { reason: 'reuse' } }])
    // Her other browser is another sign-in.
    expect((await refresh(cookieOf(other))).status).toBe(200)
    laterMs = 0
  })

  it('survives two tabs that renew it at once, and an answer that was lost', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    const both = await Promise.all([1, 2, 3, 4].map(() => refresh(anna.cookie)))
    const cookies = new Set(both.map(cookieOf))
    expect(both.map((it) => it.status)).toEqual([200, 200, 200, 200])
    expect(cookies.size).toBe(1)
    laterMs = 5_000
    const [next = ''] = cookies
    const after = await refresh(next)
    // A third tab comes with the first cookie still: it is given the last there is.
    expect(cookieOf(await refresh(anna.cookie))).toBe(cookieOf(after))
    laterMs = 60_000
    expect((await refresh(cookieOf(after))).status).toBe(200)
    expect(await revocations(anna)).toEqual([])
    laterMs = 0
  })

  it('ends when it is ended: cookie and access token are refused, and nothing of it is kept', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    const before = [await beside.count('agent_sessions'), await beside.count('agent_refresh_tokens')]
    const second = await refresh(anna.cookie)
    const reply = await post('logout', cookieOf(second))
    expect(reply.status).toBe(204)
    expect(reply.headers['set-cookie']).toEqual(['aside-refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'])
    expect(codeOf(await me(anna.accessToken))).toEqual(out)
    expect(codeOf(await refresh(cookieOf(second)))).toEqual(out)
    expect(codeOf(await post('logout', cookieOf(second)))).toEqual(out)
    expect([await beside.count('agent_sessions'), await beside.count('agent_refresh_tokens')]).toEqual(
      before.map((it) => it - 1),
    )
  })

  it('is used from no page but our own, and renewed by no form', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    const { email, password, accessToken, cookie } = anna
    const refused = [403, 'origin_not_allowed']
    for (const page of [
      { origin: 'https://shop.example' },
      { origin: 'null' },
      { origin: `${aside.url}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: aside.url, 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[]) {
      expect(codeOf(await me(accessToken, page))).toEqual(refused)
      expect(codeOf(await refresh(cookie, page))).toEqual(refused)
      expect(codeOf(await post('logout', cookie, page))).toEqual(refused)
      expect(codeOf(await sendJson(`${aside.url}/v1/agents/login`, { email, password }, page))).toEqual(refused)
      const invitation = { token: `inv_${'a'.repeat(43)}`, password }
      expect(codeOf(await sendJson(`${aside.url}/v1/agents/accept`, invitation, page))).toEqual(refused)
    }
    const form = { method: 'POST', body: '{}', headers: { cookie, 'content-type': 'text/plain' } }
    for (const path of ['refresh', 'logout'])
      expect(codeOf(await send(`${aside.url}/v1/agents/${path}`, form))).toEqual([415, 'unsupported_media_type'])
    const named = aside.url.replace('127.0.0.1', 'localhost')
    for (const page of [{ origin: aside.url, 'sec-fetch-site': 'same-origin' }, { origin: named }]) {
      expect((await me(accessToken, page as Record<string, string>)).status).toBe(200)
      expect((await refresh(cookie, page as Record<string, string>)).status).toBe(200)
    }
  })

  it('finds whoever has the same address in several tenants by the password, and asks where that is the same too', async () => {
    const [other, third] = [await aside.owner(), await aside.owner()]
    const email = 'consultant@many.example'
    const here = await createStaff(aside, owner, 'agent', { email, password: 'one of the otters' })
    const there = await createStaff(aside, other, 'owner', { email, password: 'two of the otters' })
    const same = await createStaff(aside, third, 'viewer', { email, password: 'two of the otters' })
    const login = (body: object) => sendJson(`${aside.url}/v1/agents/login`, { email, ...body })
    expect((await login({ password: here.password })).json()).toMatchObject({ agent: { id: here.agent.id } })
    const asked = await login({ password: there.password })
    expect(codeOf(asked)).toEqual([409, 'conflict'])
    expect(
      asked
        .error()
        .issues!.map((it) => it.message)
        .sort(),
    ).toEqual([other.tenantId, third.tenantId].sort())
    const named = await login({ password: same.password, tenantId: third.tenantId })
    expect(named.json()).toMatchObject({ agent: { id: same.agent.id, role: 'viewer' } })
    expect(codeOf(await login({ password: here.password, tenantId: third.tenantId }))).toEqual(out)
    expect(await here.client.call(readMe, {})).toMatchObject({ tenantId: owner.tenantId })
  })
})

describe('an address that two tenants know', () => {
  it('lets nobody try the password of one with the excuse of the other', async () => {
    const aside = await startAside()
    const [victims, own] = [await aside.owner(), await aside.owner()]
    const email = 'wanted@many.example'
    await createStaff(aside, victims, 'owner', { email, password: 'what nobody will guess' })
    const guess = await createStaff(aside, own, 'owner', { email, password: 'a guess of many more' })
    const login = () => sendJson(`${aside.url}/v1/agents/login`, { email, password: guess.password })
    const statuses: number[] = []
    for (let i = 0; i < 7; i++) statuses.push((await login()).status)
    expect(statuses.slice(-2)).toEqual([429, 429])
    const { entries } = await victims.client.call(listAudit, { query: { action: 'agent.login_refused' } })
    expect(entries.length).toBeGreaterThanOrEqual(5)
    await aside.stop()
  })
})

describe('behind https', () => {
  it('the cookie is tied to this host, and never sent without TLS', async () => {
    const aside = await startAside({ env: { ASIDE_PUBLIC_URL: 'https://chat.example' } })
    try {
      const { cookie, email, password } = await createStaff(aside, await aside.owner(), 'viewer')
      const origin = { origin: 'https://chat.example', 'sec-fetch-site': 'same-origin' }
      const reply = await sendJson(`${aside.url}/v1/agents/login`, { email, password }, origin)
      expect(reply.headers['set-cookie']![0]).toMatch(
        /^__Host-aside-refresh=art_[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/,
      )
      expect((await sendJson(`${aside.url}/v1/agents/refresh`, {}, { ...origin, cookie })).status).toBe(200)
      const plain = cookie.replace('__Host-', '')
      expect((await sendJson(`${aside.url}/v1/agents/refresh`, {}, { ...origin, cookie: plain })).status).toBe(401)
    } finally {
      await aside.stop()
    }
  })
})
