import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  createClient,
  createConfig,
  createKey,
  createTenant,
  type KeyCreated,
  listApps,
  listAudit,
  listKeys,
  listTenants,
  pages,
  revokeKey,
  rotateKey,
  startSession,
} from '@aside/protocol'
import { boot, type Running } from '../boot.ts'
import { createLog, parseConfig } from '../platform/index.ts'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { openRaw } from '../testing/raw-stream.ts'
import { stores } from '../testing/stores.ts'

const HOUR_MS = 3_600_000

describe.for(stores)('a key, on %s', (store) => {
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

  const key = (body: object = {}): Promise<KeyCreated> =>
    owner.client.call(createKey, { body: { name: 'A key', scopes: ['apps:read'], ...body } })
  const works = async (secret: string, at = aside.url) =>
    (await send(`${at}/v1/admin/apps`, { headers: { 'x-api-key': secret } })).status
  const rotate = (id: string, body = {}) => owner.client.call(rotateKey, { params: { keyId: id }, body })

  it('that is secret names no app, for it would not be held to it', async () => {
    await expect(key({ appId: owner.app.id })).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'body.appId' }],
    })
  })

  it('is rotated with an overlap: both are good for as long, then the new one alone', async () => {
    const old = await key({ expiresInDays: 90 })
    const made = await rotate(old.key.id)
    expect(made.key).toMatchObject({ name: 'A key', scopes: ['apps:read'], kind: 'secret', env: 'live' })
    expect(made.secret).not.toBe(old.secret)
    expect([await works(old.secret), await works(made.secret)]).toEqual([200, 200])
    const { keys } = await owner.client.call(listKeys, {})
    const shown = keys.find((it) => it.id === old.key.id)!
    expect(shown.rotatedTo).toBe(made.key.id)
    expect(Date.parse(shown.expiresAt!) - Date.now()).toBeLessThanOrEqual(24 * HOUR_MS)
    laterMs = 25 * HOUR_MS
    expect([await works(old.secret), await works(made.secret)]).toEqual([401, 200])
    laterMs = 0
    await expect(rotate(old.key.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is rotated at once where it has leaked, and not at all where it has ended', async () => {
    const leaked = await key()
    const made = await rotate(leaked.key.id, { overlapHours: 0 })
    expect([await works(leaked.secret), await works(made.secret)]).toEqual([401, 200])
    await expect(rotate(leaked.key.id)).rejects.toMatchObject({ code: 'conflict' })
    await owner.client.call(revokeKey, { params: { keyId: made.key.id } })
    await expect(rotate(made.key.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is not rotated by one that lacks what it may, and that is written down, though the rotation is taken back', async () => {
    const wide = await key({ scopes: ['keys:write', 'apps:read', 'chat'] })
    const narrow = await key({ scopes: ['keys:write'] })
    const client = createClient({ baseUrl: aside.url, token: () => narrow.secret })
    const headers = { 'idempotency-key': crypto.randomUUID() }
    await expect(
      client.call(rotateKey, { params: { keyId: wide.key.id }, query: {}, body: {} }, { headers }),
    ).rejects.toMatchObject({ code: 'scope_missing', message: expect.stringContaining('apps:read, chat') })
    const { entries } = await owner.client.call(listAudit, { query: { actor: narrow.key.id } })
    expect(entries).toMatchObject([
      { action: 'access.refused', target: wide.key.id, result: 'refused', detail: { scope: 'apps:read chat' } },
    ])
    expect(await works(wide.secret)).toBe(200)
  })

  it('is rotated under load without one request refused', async () => {
    let current = (await key()).secret
    let id = (await owner.client.call(listKeys, { query: { limit: '1' } })).keys[0]!.id
    const refused: number[] = []
    let sent = 0
    const requests: Promise<void>[] = []
    const clock = setInterval(() => {
      sent++
      requests.push(works(current).then((status) => void (status === 200 || refused.push(status))))
    }, 20)
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      const made = await rotate(id, { overlapHours: 1 })
      ;[current, id] = [made.secret, made.key.id]
    }
    clearInterval(clock)
    await Promise.all(requests)
    expect(sent).toBeGreaterThan(50)
    expect(refused).toEqual([])
  })

  it('ends what was begun with it when it is revoked, or rotated at once: sessions, and the streams they have open', async () => {
    const publishable = await key({ kind: 'publishable', appId: owner.app.id })
    const backend = await key({ scopes: ['chat'] })
    const byPage = createClient({ baseUrl: aside.url, headers: { origin: ORIGIN } })
    const byBackend = createClient({ baseUrl: aside.url, token: () => backend.secret })
    const begun = [
      await byPage.call(startSession, { body: { appId: publishable.secret } }),
      await byBackend.call(startSession, { body: { appId: owner.app.id } }),
      await byPage.call(startSession, { body: { appId: owner.app.id } }),
    ]
    const streams = await Promise.all(
      begun.map(({ token }) => openRaw(`${aside.url}/v1/events`, { origin: ORIGIN, authorization: `Bearer ${token}` })),
    )
    // To rotate it without an overlap is to revoke it.
    await rotate(publishable.key.id, { overlapHours: 0 })
    await owner.client.call(revokeKey, { params: { keyId: backend.key.id } })
    await Promise.all(streams.slice(0, 2).map((it) => it.ended))
    const list = async (token: string) =>
      (
        await send(`${aside.url}/v1/conversations`, {
          headers: { origin: ORIGIN, authorization: `Bearer ${token}` },
        })
      ).status
    expect(await Promise.all(begun.map((it) => list(it.token)))).toEqual([401, 401, 200])
    streams[2]!.close()
    const lasting = await key({ kind: 'publishable', appId: owner.app.id })
    const { token } = await byPage.call(startSession, { body: { appId: lasting.secret } })
    await rotate(lasting.key.id, { overlapHours: 1 })
    expect(await list(token)).toBe(200)
  })

  it('for tests lets pages of the developer’s own machine in, and one for the public does not', async () => {
    const closed = await owner.client.call(createKey, {
      body: { kind: 'publishable', env: 'test', name: 'Local', appId: owner.app.id },
    })
    const live = await key({ kind: 'publishable', appId: owner.app.id })
    const start = (appId: string, origin: string) => sendJson(`${aside.url}/v1/sessions`, { appId }, { origin })
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:5173', 'http://localhost']) {
      const reply = await start(closed.secret, origin)
      expect([reply.status, reply.headers['access-control-allow-origin']], origin).toEqual([201, origin])
      const { token } = reply.json() as { token: string }
      const next = await send(`${aside.url}/v1/conversations`, {
        headers: { origin, authorization: `Bearer ${token}` },
      })
      expect(next.status).toBe(200)
      for (const address of [live.secret, owner.app.id])
        expect((await start(address, origin)).error().code).toBe('origin_not_allowed')
    }
    for (const origin of ['http://localhost.evil.example', 'https://evil.example', 'null'])
      expect((await start(closed.secret, origin)).error().code, origin).toBe('origin_not_allowed')
    const policy = async (address: string) =>
      String((await send(`${aside.url}/embed/${address}`)).headers['content-security-policy'])
    expect(await policy(closed.secret)).toContain('http://localhost:*')
    expect(await policy(live.secret)).not.toContain('localhost')
  })

  it('is made once, whatever becomes of the answer: the same Idempotency-Key gives the same key', async () => {
    const headers = { 'x-api-key': owner.secret, 'idempotency-key': crypto.randomUUID() }
    const ask = (body: object, more: Record<string, string> = {}) =>
      sendJson(`${aside.url}/v1/admin/keys`, body, { ...headers, ...more })
    const body = { name: 'Once', scopes: ['chat'] }
    const before = await beside.count('keys')
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(body)))
    expect(new Set(all.map((it) => it.text)).size).toBe(1)
    expect(all.filter((it) => it.status === 201)).toHaveLength(1)
    expect(all.filter((it) => it.status === 200 && it.headers['idempotent-replayed'] === 'true')).toHaveLength(7)
    expect(await beside.count('keys')).toBe(before + 1)
    const other = await ask({ ...body, name: 'Another' })
    expect([other.status, other.error().code]).toEqual([422, 'idempotency_mismatch'])
    for (const wrong of ['short', 'x'.repeat(256), 'with a space in it'])
      expect((await ask(body, { 'idempotency-key': wrong })).error().issues?.[0]?.path).toBe('header.Idempotency-Key')
    // Whoever reads the table can use nothing: the reply is shut with the idempotency key, which is not there.
    const rows = await beside.db.execute(undefined, 'select * from idempotency_keys', [])
    const { secret } = all[0]!.json() as KeyCreated
    for (const row of rows.rows)
      expect(Buffer.from(row['reply'] as Uint8Array).toString('latin1') + JSON.stringify(row)).not.toContain(secret)
    expect(JSON.stringify(rows.rows)).not.toContain(headers['idempotency-key'])
    const { secret: another } = await key({ scopes: ['keys:write', 'chat'] })
    expect((await ask(body, { 'x-api-key': another })).error().code).toBe('idempotency_mismatch')
    // It belongs to the tenant, and is forgotten after a day.
    const stranger = await aside.owner()
    const theirs = await ask(body, { 'x-api-key': stranger.secret })
    expect([theirs.status, theirs.text === all[0]!.text]).toEqual([201, false])
    laterMs = 25 * HOUR_MS
    expect((await ask(body)).status).toBe(201)
    laterMs = 0
  })

  it('of the operator’s creating is once as well, and a refusal is not remembered', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const before = await aside.operator.call(createTenant, { body: { name: 'Twice' } }, { headers })
    const again = await aside.operator.call(createTenant, { body: { name: 'Twice' } }, { headers })
    expect(again).toEqual(before)
    let named = 0
    for await (const page of pages(aside.operator, listTenants, {}))
      named += page.tenants.filter((it) => it.name === 'Twice').length
    expect(named).toBe(1)
    const once = { headers: { 'idempotency-key': crypto.randomUUID() } }
    const wrong = { body: { name: 'Origins', allowedOrigins: ['https://*.com'] } }
    const ask = (body: object) =>
      sendJson(`${aside.url}/v1/admin/apps`, body, { 'x-api-key': owner.secret, ...once.headers })
    expect((await ask(wrong.body)).status).toBe(400)
    expect((await ask({ name: 'Origins' })).status).toBe(201)
  })
})

describe('two processes on one Postgres', () => {
  let aside: Aside
  let second: Running
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store: 'postgres' })
    const env = { ASIDE_PORT: '0', ASIDE_LOG: 'warn', DATABASE_URL: aside.store.url }
    const config = parseConfig({ ...env, ASIDE_DATA_DIR: `${aside.store.dataDir}-2` })
    second = await boot(config, { strict: true, log: createLog('silent') })
    owner = await aside.owner({ words: { title: 'Before' } })
  })
  afterAll(async () => {
    await second?.close({ graceMs: 0, spreadMs: 0 })
    await aside?.stop()
  })
  const until = async (done: () => Promise<boolean>, withinMs: number) => {
    for (const end = Date.now() + withinMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50)))
      if (await done()) return
    throw new Error(`not within ${withinMs} ms`)
  }

  it('both refuse a key a second after one of them revoked it, and close its streams within five', async () => {
    const { key, secret } = await owner.client.call(createKey, {
      body: { name: 'Both', scopes: ['apps:read', 'chat'] },
    })
    const there = createClient({ baseUrl: second.url, token: () => secret })
    expect((await there.call(listApps, {})).apps).toHaveLength(1)
    const { token } = await there.call(startSession, { body: { appId: owner.app.id } })
    const stream = await openRaw(`${second.url}/v1/events`, { authorization: `Bearer ${token}` })
    await owner.client.call(revokeKey, { params: { keyId: key.id } })
    const at = Date.now()
    await until(
      async () => (await there.call(listApps, {}).catch((error: { code: string }) => error.code)) === 'unauthenticated',
      1_300,
    )
    await stream.ended
    expect(Date.now() - at).toBeLessThan(5_000)
  })

  it('both tell their visitors of another configuration', async () => {
    const visitor = (await owner.visitor()).at(second.url)
    const reading = visitor.follow()
    await reading.until('session-ready')
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    const query = { appId: owner.app.id }
    await owner.client.call(createConfig, { query, body: { config: { words: { title: 'After' } } } })
    await owner.client.call(activateConfig, { params: query, body: { config: 2 } })
    await reading.until('config-updated', (it) => it.settings.words.title === 'After', 4_000)
    reading.close()
  })
})
