import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClient,
  createIdentitySecret,
  createKey,
  endSession,
  followEvents,
  listApps,
  listAudit,
  listKeys,
  listMessages,
  revokeKey,
  type Scope,
} from '@aside/protocol'
import { createKeys } from '../keys/index.ts'
import { createEdge, createLog } from '../platform/index.ts'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { openRaw } from '../testing/raw-stream.ts'
import { type RawReply, send, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000

describe.for(stores)('who asks, on %s', (store) => {
  const lines: string[] = []
  let laterMs = 0
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({
      store,
      boot: { edge: { now: () => Date.now() + laterMs } },
      log: (line) => lines.push(line),
    })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const get = (path: string, headers: Record<string, string>) => send(`${aside.url}${path}`, { headers })
  const asVisitor = (token: string, path = '/v1/conversations') =>
    get(path, { origin: ORIGIN, authorization: `Bearer ${token}` })
  const asKey = (key: string, path = '/v1/admin/apps') => get(path, { 'x-api-key': key })
  const keyWith = (scopes: Scope[], more: object = {}) =>
    owner.client.call(createKey, { query: {}, body: { name: 'A key', scopes, ...more } })
  const bodyOf = (reply: RawReply) => {
    const { requestId, ...rest } = reply.error()
    expect(requestId).toMatch(/^req_[\w-]{12}$/)
    return { status: reply.status, ...rest }
  }
  const withoutDate = ({ date: _, 'x-request-id': __, ...rest }: RawReply['headers']) => rest

  it('ends a session at once: its stream is closed, its token refused, and nobody else’s', async () => {
    const [anna, ben] = [await owner.visitor(), await owner.visitor()]
    const streams = await Promise.all(
      [anna, ben].map((it) =>
        openRaw(`${aside.url}/v1/events`, { authorization: `Bearer ${it.session.token}`, origin: ORIGIN }),
      ),
    )
    const endedAt = performance.now()
    await anna.client.call(endSession, {})
    expect(await streams[0]!.ended).toBe(true)
    expect(performance.now() - endedAt).toBeLessThan(1_000)
    for (const path of ['/v1/conversations', '/v1/events'])
      expect(bodyOf(await asVisitor(anna.session.token, path))).toMatchObject({ status: 401, code: 'unauthenticated' })
    await expect(anna.client.call(endSession, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    expect((await asVisitor(ben.session.token)).status).toBe(200)
    streams[1]!.close()
  })

  it('tells a client that follows an ended session that it is over', async () => {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    await anna.client.call(endSession, {})
    await expect.poll(() => reading.states.at(-1)).toEqual({ state: 'ended', code: 'session_expired' })
  })

  it('refuses every token it did not give, with one and the same answer', async () => {
    const { token } = (await owner.visitor()).session
    const flip = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    const wrong = [flip(4), flip(20), flip(token.length - 2), token.slice(0, -1), `${token}A`, token.toUpperCase()]
    wrong.push(`vst_${'A'.repeat(43)}`, 'vst_', 'vst_null', 'undefined', "vst_' or 1=1 --", '../../', owner.secret)
    const replies = await Promise.all(wrong.map((it) => asVisitor(it)))
    const refused = { status: 401, code: 'unauthenticated', message: expect.any(String) }
    for (const reply of replies) expect(bodyOf(reply)).toEqual(refused)
    const unknown = replies.slice(0, 3).map((it) => [bodyOf(it), withoutDate(it.headers)])
    expect(unknown[1]).toEqual(unknown[0])
    expect(unknown[2]).toEqual(unknown[0])
    for (const authorization of ['', 'Bearer', `Basic ${token}`, token, `Bearer ${token} x`, `Bearer  `])
      expect(bodyOf(await get('/v1/conversations', { origin: ORIGIN, authorization }))).toEqual(refused)
  })

  it('takes a visitor’s token from Authorization, and from nowhere else', async () => {
    const { token } = (await owner.visitor()).session
    for (const name of ['token', 'access_token', 'authorization', 'apiKey']) {
      const reply = await get(`/v1/conversations?${name}=${token}`, { origin: ORIGIN })
      expect([400, 401]).toContain(reply.status)
    }
    expect(bodyOf(await get('/v1/conversations', { origin: ORIGIN, 'x-api-key': token })).code).toBe('unauthenticated')
    expect(bodyOf(await get('/v1/conversations', { origin: ORIGIN, cookie: `token=${token}` })).status).toBe(401)
  })

  it('never puts a token into an address, its own client included', async () => {
    const asked: string[] = []
    const watched: typeof fetch = (input, init) => {
      asked.push(String(input))
      return fetch(input, init)
    }
    const anna = await owner.visitor()
    const at = { baseUrl: aside.url, headers: { origin: ORIGIN }, fetch: watched, token: () => anna.session.token }
    const client = createClient(at)
    await client.call(listMessages, { params: { conversationId: await anna.conversation() }, query: {} })
    await client.open(followEvents, {}).then((it) => it.body?.cancel())
    expect(asked).toHaveLength(2)
    expect(asked.join()).not.toMatch(/vst_/)
  })

  it('keeps a session alive while it is used, for half a year at the most, and says when it has expired', async () => {
    const [used, idle] = [(await owner.visitor()).session, (await owner.visitor()).session]
    try {
      for (const days of [20, 40, 60]) {
        laterMs = days * DAY_MS
        expect((await asVisitor(used.token)).status).toBe(200)
      }
      expect(bodyOf(await asVisitor(idle.token))).toMatchObject({ status: 401, code: 'session_expired' })
      for (const days of [80, 100, 120, 140, 160, 179]) {
        laterMs = days * DAY_MS
        expect((await asVisitor(used.token)).status).toBe(200)
      }
      laterMs = 181 * DAY_MS
      expect(bodyOf(await asVisitor(used.token)).code).toBe('session_expired')
    } finally {
      laterMs = 0
    }
  })

  it('refuses an expired and a revoked key like one that never was', async () => {
    const [short, revoked] = [await keyWith(['apps:read'], { expiresInDays: 1 }), await keyWith(['apps:read'])]
    expect([(await asKey(short.secret)).status, (await asKey(revoked.secret)).status]).toEqual([200, 200])
    const params = { keyId: revoked.key.id }
    for (let i = 0; i < 2; i++) await owner.client.call(revokeKey, { params, query: {} })
    laterMs = DAY_MS + 1
    const replies = [
      await asKey(short.secret),
      await asKey(revoked.secret),
      await asKey(`as_sk_live_${'0'.repeat(51)}`),
    ]
    laterMs = 0
    for (const it of replies) expect(bodyOf(it)).toEqual(bodyOf(replies[2]!))
    expect(bodyOf(replies[0]!)).toMatchObject({ status: 401, code: 'unauthenticated' })
    const { keys } = await owner.client.call(listKeys, { query: {} })
    expect(keys.find((it) => it.id === revoked.key.id)?.revokedAt).toBeDefined()
    expect(JSON.stringify(keys)).not.toContain(revoked.secret.slice(11, -4))
  })

  it('refuses a key with any one character wrong without asking the store', async () => {
    let asked = 0
    const counting = {
      ...beside.db,
      execute(...args: Parameters<Beside['db']['execute']>) {
        asked++
        return beside.db.execute(...args)
      },
    }
    const { audit, tenancy } = beside
    const parts = { db: counting, edge: createEdge(), log: createLog('silent'), audit, tenancy }
    const keys = createKeys({ ...parts, revoking: async () => {} })
    const { secret } = await keyWith(['apps:read'])
    for (let at = 0; at < secret.length; at++)
      for (const letter of ['A', 'b', '7', '_']) {
        if (secret[at] === letter) continue
        expect(await keys.findKey(secret.slice(0, at) + letter + secret.slice(at + 1))).toBeUndefined()
      }
    for (const text of [secret.slice(0, -1), `${secret}0`, ` ${secret}`, secret.toLowerCase(), ''])
      expect(await keys.findKey(text)).toBeUndefined()
    expect(asked).toBe(0)
    expect((await keys.findKey(secret))?.kind).toBe('secret')
    expect(asked).toBeGreaterThan(0)
  })

  it('stores no key and no token: whoever reads the tables can use nothing', async () => {
    const { secret } = await keyWith(['apps:read'])
    const { token } = (await owner.visitor()).session
    const rows = await Promise.all(['keys', 'sessions'].map((it) => beside.db.em().execute(`select * from ${it}`)))
    const dump = JSON.stringify(rows)
    for (const part of [secret, secret.slice(23, -6), token, token.slice(4)]) expect(dump).not.toContain(part)
  })

  it('lets a key do what its scopes say, and give no more than it has', async () => {
    const { secret } = await keyWith(['apps:read', 'keys:write'])
    const client = createClient({ baseUrl: aside.url, token: () => secret })
    expect((await client.call(listApps, { query: {} })).apps).toHaveLength(1)
    await expect(client.call(listKeys, { query: {} })).rejects.toMatchObject({ code: 'scope_missing' })
    const give = (scopes: Scope[]) => client.call(createKey, { query: {}, body: { name: 'More', scopes } })
    await expect(give(['apps:read', 'apps:write'])).rejects.toMatchObject({ code: 'scope_missing' })
    // With an identity secret it could sign visitors in, and chat as them.
    const speak = { query: {}, body: { appId: owner.app.id } }
    await expect(client.call(createIdentitySecret, speak)).rejects.toMatchObject({ code: 'scope_missing' })
    const [own] = (await owner.client.call(listKeys, { query: { limit: '1' } })).keys
    const query = { actor: own!.id, action: 'access.refused' as const }
    const { entries } = await owner.client.call(listAudit, { query })
    expect(entries.map((it) => it.detail?.['scope'])).toEqual(['chat', 'apps:write', 'keys:read'])
    expect((await give(['apps:read'])).key.scopes).toEqual(['apps:read'])
    const app = { appId: owner.app.id }
    const begin = (key: string) => sendJson(`${aside.url}/v1/sessions`, app, { 'x-api-key': key })
    expect(bodyOf(await begin(secret)).code).toBe('scope_missing')
    const chat = await begin((await keyWith(['chat'])).secret)
    expect(chat.status).toBe(201)
    const { token } = chat.json() as { token: string }
    expect((await get('/v1/conversations', { authorization: `Bearer ${token}` })).status).toBe(200)
    const other = await aside.owner()
    expect(bodyOf(await begin(other.secret))).toMatchObject({ status: 404, code: 'app_not_found' })
  })

  it('refuses a secret key that comes from a browser, wherever it is sent, and notes it', async () => {
    for (const path of ['/v1/admin/apps', '/v1/admin/keys', `/v1/apps/${owner.app.id}/settings`])
      for (const [name, value] of [
        ['x-api-key', owner.secret],
        ['authorization', `Bearer ${owner.secret}`],
      ] as const) {
        const reply = await get(path, { origin: ORIGIN, [name]: value })
        expect(bodyOf(reply)).toMatchObject({ status: 403, code: 'secret_key_in_browser' })
        expect(reply.text).not.toContain(owner.secret)
      }
    expect(lines.join('')).toContain('secret-key-in-browser')
    expect(lines.join('')).not.toContain(owner.secret)
  })

  it('lets nobody but the operator run the server, and not from a browser', async () => {
    const { operatorToken } = aside.running
    const list = (headers: Record<string, string>) => get('/v1/admin/checks', headers)
    expect((await list({ authorization: `Bearer ${operatorToken}` })).status).toBe(200)
    for (const token of [owner.secret, operatorToken.slice(0, -1), `${operatorToken}x`, 'as_op_', ''])
      expect(bodyOf(await list({ authorization: `Bearer ${token}` }))).toMatchObject({ status: 401 })
    const browser = await list({ authorization: `Bearer ${operatorToken}`, origin: ORIGIN })
    expect(bodyOf(browser).code).toBe('secret_key_in_browser')
  })
})
