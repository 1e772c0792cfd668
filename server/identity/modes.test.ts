import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClient,
  createIdentitySecret,
  createKey,
  createTenant,
  createApp,
  enforceIdentity,
  identifySession,
  type IdentityMode,
  listAudit,
  listIdentitySecrets,
  readApp,
  readIdentity,
  readIdentityReport,
  revokeIdentitySecret,
  startSession,
  verifyIdentity,
} from '@aside/protocol'
import { parseConfig } from '../platform/index.ts'
import { boot } from '../boot.ts'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken, splitSecret } from '../testing/identity-tokens.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

describe.for(stores)('what an app asks of its visitors, on %s', (store) => {
  let laterMs = 0
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    aside = await startAside({ store, boot: { edge: { now: () => Date.now() + laterMs } } })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const secretOf = (owner: Owner) =>
    owner.client.call(createIdentitySecret, { query: {}, body: { appId: owner.app.id } })
  const revoke = (owner: Owner, secretId: string) =>
    owner.client.call(revokeIdentitySecret, { params: { secretId }, query: {} })
  const ask = (owner: Owner, mode: IdentityMode) =>
    owner.client.call(enforceIdentity, { params: { appId: owner.app.id }, query: {}, body: { mode } })
  const read = (owner: Owner) => owner.client.call(readIdentity, { params: { appId: owner.app.id }, query: {} })
  const mint = (owner: Owner, secret: string, sub = 'ada') => {
    const now = Math.floor((Date.now() + laterMs) / 1_000)
    return mintToken(secret, owner.app.id, { claims: { sub, iat: now, exp: now + 900 } })
  }
  const prepared = async (mode: IdentityMode) => {
    const owner = await aside.owner()
    const { secret, identitySecret } = await secretOf(owner)
    await ask(owner, mode)
    return { owner, secret, secretId: identitySecret.id }
  }

  it('is nothing at first; a token is taken all the same, and a wrong one refused', async () => {
    const owner = await aside.owner()
    expect(await read(owner)).toEqual({ mode: 'off', secrets: [] })
    const { secret, identitySecret } = await secretOf(owner)
    expect(await read(owner)).toEqual({ mode: 'off', secrets: [identitySecret] })
    expect((await owner.visitor()).session).not.toHaveProperty('identity')
    expect((await owner.visitor(undefined, mint(owner, secret))).session.identity?.verified).toBe(true)
    await expect(owner.visitor(undefined, `${mint(owner, secret)}A`)).rejects.toMatchObject({
      code: 'identity_invalid',
    })
    const report = await owner.client.call(readIdentityReport, { query: { appId: owner.app.id } })
    expect(report.days).toHaveLength(7)
    expect(report.days.every((it) => it.verified + it.missing + it.invalid === 0)).toBe(true)
  })

  it('is observed first: nobody is refused, and the owner reads by day who would be, and why', async () => {
    const { owner, secret } = await prepared('observe')
    // Noon, so that no day ends meanwhile.
    const noonMs = DAY_MS * 1.5 - (Date.now() % DAY_MS)
    laterMs = noonMs
    try {
      await owner.visitor()
      await owner.visitor()
      await owner.visitor(undefined, mint(owner, secret))
      for (const wrong of [`${mint(owner, secret)}A`, 'x.y.z', mintToken(secret, owner.app.id, { key: 'other' })])
        expect((await owner.visitor(undefined, wrong)).session).not.toHaveProperty('identity')
      laterMs = noonMs + DAY_MS
      const late = await owner.visitor()
      await expect(late.client.call(identifySession, { body: { token: 'x.y.z' } })).rejects.toMatchObject({
        status: 401,
      })
      await late.client.call(identifySession, { body: { token: mint(owner, secret) } })
      // A backend shows a key: it would not be refused.
      const backend = createClient({ baseUrl: aside.url, token: () => owner.secret })
      await backend.call(startSession, { body: { appId: owner.app.id } })
      const { days } = await owner.client.call(readIdentityReport, { query: { appId: owner.app.id, days: '2' } })
      const day = (ms: number) => new Date(Date.now() + noonMs + ms).toISOString().slice(0, 10)
      expect(days).toEqual([
        {
          day: day(0),
          verified: 1,
          missing: 2,
          invalid: 3,
          reasons: [
            { reason: 'signature', count: 2 },
            { reason: 'malformed', count: 1 },
          ],
        },
        { day: day(DAY_MS), verified: 1, missing: 1, invalid: 1, reasons: [{ reason: 'malformed', count: 1 }] },
      ])
    } finally {
      laterMs = 0
    }
  })

  it('is enforced at once, for those too who were there before: they may sign in, or go', async () => {
    const { owner, secret } = await prepared('off')
    const [anonymous, verified] = [await owner.visitor(), await owner.visitor(undefined, mint(owner, secret))]
    const id = await anonymous.conversation()
    await anonymous.post(id, 'Said before it was asked who I am')
    const streams = [anonymous, verified].map((it) => it.follow())
    await Promise.all(streams.map((it) => it.until('session-ready')))
    await ask(owner, 'enforce')
    await expect.poll(() => streams[0]!.states.at(-1), { timeout: 5_000 }).toMatchObject({ state: 'ended' })
    await expect(anonymous.messages(id)).rejects.toMatchObject({ code: 'identity_required', status: 401 })
    await expect(owner.visitor()).rejects.toMatchObject({ code: 'identity_required' })
    await verified.conversation()
    expect(streams[1]!.states.at(-1)).toMatchObject({ state: 'live' })

    const token = mint(owner, secret, 'bea')
    const signedIn = anonymous.as(await anonymous.client.call(identifySession, { body: { token } }))
    expect((await signedIn.messages(id)).conversation.title).toContain('Said before')
    // A backend has shown by its key who it is.
    const begin = (body: object) => sendJson(`${aside.url}/v1/sessions`, body, { 'x-api-key': owner.secret })
    expect((await begin({ appId: owner.app.id })).status).toBe(201)
    expect((await begin({ appId: owner.app.id, identity: 'x' })).error().code).toBe('identity_invalid')
    for (const it of streams) it.close()
    await ask(owner, 'off')
    await owner.visitor()
  })

  it('is the app’s own: changed under its version, written down, and never by another tenant', async () => {
    const { owner } = await prepared('off')
    const params = { appId: owner.app.id }
    const url = `${aside.url}/v1/admin/apps/${owner.app.id}`
    const headers = { 'x-api-key': owner.secret, 'content-type': 'application/json' }
    const body = JSON.stringify({ mode: 'observe' })
    const tag = String((await send(`${url}/identity`, { headers })).headers['etag'])
    expect((await send(url, { headers })).headers['etag']).toBe(tag)
    const put = (match: string) =>
      send(`${url}/identity`, { method: 'PUT', headers: { ...headers, 'if-match': match }, body })
    expect((await put(tag)).status).toBe(200)
    expect((await put(tag)).error().code).toBe('precondition_failed')
    expect((await owner.client.call(readApp, { params, query: {} })).live.config).toBe(1)
    const { entries } = await owner.client.call(listAudit, { query: { action: 'identity.enforced' } })
    expect(entries.map((it) => it.detail)).toEqual([
      { mode: 'observe', before: 'off' },
      { mode: 'off', before: 'off' },
    ])
    const other = await aside.owner()
    await expect(
      other.client.call(enforceIdentity, { params, query: {}, body: { mode: 'off' } }),
    ).rejects.toMatchObject({
      code: 'not_found',
    })
    expect((await read(owner)).mode).toBe('observe')
  })

  it('has two secrets at the most, shown once, and goes from one to the next without a gap', async () => {
    const { owner, secret: first, secretId } = await prepared('enforce')
    const second = await secretOf(owner)
    await expect(secretOf(owner)).rejects.toMatchObject({ code: 'conflict' })
    for (const it of [first, second.secret])
      expect((await owner.visitor(undefined, mint(owner, it))).session.identity?.verified).toBe(true)
    await revoke(owner, secretId)
    await revoke(owner, secretId)
    await expect(owner.visitor(undefined, mint(owner, first))).rejects.toMatchObject({ code: 'identity_invalid' })
    await owner.visitor(undefined, mint(owner, second.secret))
    const third = await secretOf(owner)
    const listed = await owner.client.call(listIdentitySecrets, { query: { appId: owner.app.id } })
    expect(listed.identitySecrets.map((it) => [it.id, it.revokedAt !== undefined])).toEqual([
      [third.identitySecret.id, false],
      [second.identitySecret.id, false],
      [secretId, true],
    ])
    for (const it of [first, second.secret, third.secret])
      expect(JSON.stringify([listed, await read(owner)])).not.toContain(splitSecret(it).key)
    const { entries } = await owner.client.call(listAudit, { query: { target: secretId } })
    expect(entries.map((it) => it.action)).toEqual(['identity.secret_revoked', 'identity.secret_created'])
    const narrow = await owner.client.call(createKey, { query: {}, body: { name: 'narrow', scopes: ['apps:write'] } })
    const narrowed = createClient({ baseUrl: aside.url, token: () => narrow.secret })
    await expect(secretOf({ ...owner, client: narrowed })).rejects.toMatchObject({ code: 'scope_missing' })
  })

  it('lets go, with a revoked secret, of those whom it proved: their streams are closed, nobody else’s', async () => {
    const { owner, secret, secretId } = await prepared('off')
    const second = await secretOf(owner)
    const visitors = [
      await owner.visitor(undefined, mint(owner, secret)),
      await owner.visitor(undefined, mint(owner, second.secret, 'bea')),
      await owner.visitor(),
      await owner.visitor(undefined, mint(owner, secret, 'cleo')),
    ]
    // Proven again with the other one: it has nothing to do with the first any more.
    await visitors[3]!.client.call(identifySession, { body: { token: mint(owner, second.secret, 'cleo') } })
    const streams = visitors.map((it) => it.follow())
    await Promise.all(streams.map((it) => it.until('session-ready')))
    const revokedAt = performance.now()
    await revoke(owner, secretId)
    await expect.poll(() => streams[0]!.states.at(-1), { timeout: 5_000 }).toMatchObject({ state: 'ended' })
    expect(performance.now() - revokedAt).toBeLessThan(5_000)
    await expect(visitors[0]!.conversation()).rejects.toMatchObject({ code: 'unauthenticated' })
    for (const it of visitors.slice(1)) await it.conversation()
    expect(streams.slice(1).map((it) => it.states.at(-1)?.state)).toEqual(['live', 'live', 'live'])
    for (const it of streams) it.close()
  })

  it('believes a proof for a day, and for another one when it is given again; use alone is none', async () => {
    const { owner, secret } = await prepared('off')
    try {
      const visitor = await owner.visitor(undefined, mint(owner, secret))
      const { client, session } = visitor
      const ends = Date.parse(session.identity!.expiresAt) - Date.now()
      expect(Math.abs(ends - DAY_MS)).toBeLessThan(MINUTE_MS)
      laterMs = 23 * 60 * MINUTE_MS
      const again = await client.call(identifySession, { body: { token: mint(owner, secret) } })
      expect(again).toMatchObject({ token: session.token, session: { id: session.session.id } })
      expect(Date.parse(again.identity!.expiresAt)).toBeGreaterThan(Date.parse(session.identity!.expiresAt))
      const asks = () =>
        send(`${aside.url}/v1/conversations`, { headers: { origin: ORIGIN, authorization: `Bearer ${session.token}` } })
      laterMs = 46 * 60 * MINUTE_MS
      expect((await asks()).status).toBe(200)
      // Long before a stream is closed for its age, but for the end of its session.
      laterMs = 47 * 60 * MINUTE_MS - MINUTE_MS
      const reading = visitor.follow()
      await reading.until('session-ready')
      laterMs = 47 * 60 * MINUTE_MS + MINUTE_MS
      await expect.poll(() => reading.states.at(-1), { timeout: 10_000 }).toMatchObject({ state: 'ended' })
      expect((await asks()).error().code).toBe('session_expired')
      const late = client.call(identifySession, { body: { token: mint(owner, secret) } })
      await expect(late).rejects.toMatchObject({ code: 'session_expired' })
    } finally {
      laterMs = 0
    }
  })

  it('keeps its secrets sealed where the operator gave a key for it, and says so where it cannot read them', async () => {
    const { secret: plain } = await prepared('off')
    const dump = async () => JSON.stringify(await beside.db.em().execute('select * from identity_secrets'))
    expect(await dump()).toContain(splitSecret(plain).key)

    const start = (key: string) => startAside({ store, env: { ASIDE_SECRETS_KEY: key } })
    const sealing = await start(randomBytes(32).toString('base64url'))
    const there = await openBeside(sealing.store)
    const owner = await sealing.owner()
    const { secret } = await secretOf(owner)
    const rows = JSON.stringify(await there.db.em().execute('select * from identity_secrets'))
    expect(rows).toContain('aes-256-gcm:')
    expect(rows).not.toContain(splitSecret(secret).key)
    await owner.visitor(undefined, mint(owner, secret))
    await there.close()
    await sealing.running.close({ graceMs: 0, spreadMs: 0 })

    const config = parseConfig({
      ASIDE_DATA_DIR: sealing.store.dataDir,
      ASIDE_PORT: '0',
      ASIDE_LOG: 'silent',
      DATABASE_URL: sealing.store.url,
      ASIDE_SECRETS_KEY: randomBytes(32).toString('base64url'),
    })
    const blind = await boot(config, { strict: true })
    const client = createClient({ baseUrl: blind.url, token: () => owner.secret })
    const token = mint(owner, secret)
    const verdict = await client.call(verifyIdentity, { query: {}, body: { appId: owner.app.id, token } })
    expect(verdict).toEqual({ ok: false, reason: 'secret_unreadable' })
    await blind.close({ graceMs: 0, spreadMs: 0 })
    await sealing.store.drop()
  })

  it('is asked of the operator’s tenants one by one', async () => {
    const tenant = await aside.operator.call(createTenant, { body: { name: 'Third' } })
    const query = { tenantId: tenant.id }
    const app = await aside.operator.call(createApp, { query, body: { name: 'A' } })
    await expect(
      aside.operator.call(createIdentitySecret, { query: {}, body: { appId: app.id } }),
    ).rejects.toMatchObject({ code: 'invalid_input' })
    const { secret } = await aside.operator.call(createIdentitySecret, { query, body: { appId: app.id } })
    expect(secret).toMatch(/^ids_[0-9a-z]{26}\.[A-Za-z0-9_-]{43}$/)
  })
})
