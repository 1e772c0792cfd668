import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createKey, type ErrorCode, revokeKey } from '@aside/protocol'
import { type Aside, clientId, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type RawReply, send, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

/** What resembles an allowed origin, and is another one. */
const lookAlikes = [
  'https://evil.example',
  'https://shop.example.evil.example',
  'https://shop.example:444',
  'https://shop.example:443',
  'http://shop.example',
  'https://SHOP.example',
  'HTTPS://shop.example',
  'https://shop.example.',
  'https://www.shop.example',
  'https://xshop.example',
  'https://shop.example/',
  'https://shop.example@evil.example',
  'https://shop.exampl%65',
  'https://shop.example, https://evil.example',
  'null',
  'file://',
  '*',
]

describe.for(stores)('a page that speaks to the server, on %s', (store) => {
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  const settings = (appId: string, headers: Record<string, string> = {}) =>
    send(`${aside.url}/v1/apps/${appId}/settings`, { headers })
  const start = (appId: string, headers: Record<string, string> = {}) =>
    sendJson(`${aside.url}/v1/sessions`, { appId }, headers)
  const appWith = async (...allowedOrigins: string[]) =>
    (await owner.client.call(createApp, { query: {}, body: { name: 'Another', allowedOrigins } })).id
  const allowed = (reply: RawReply) => reply.headers['access-control-allow-origin']
  const refused = (reply: RawReply, code: ErrorCode, status: number) => {
    expect(reply.error().code).toBe(code)
    expect([reply.status, reply.headers['vary']]).toEqual([status, 'Origin'])
    // That there is no such app may be read by any page some app allows.
    if (code !== 'app_not_found') expect(allowed(reply)).toBeUndefined()
    expect(reply.headers['access-control-allow-credentials']).toBeUndefined()
  }

  it('is refused for four different reasons, each with its own code', async () => {
    const closed = await appWith()
    for (const ask of [settings, start]) {
      const before = await beside.count('sessions')
      refused(await ask(`app_${'0'.repeat(26)}`, { origin: ORIGIN }), 'app_not_found', 404)
      refused(await ask(owner.app.id), 'origin_missing', 403)
      refused(await ask(owner.app.id, { origin: 'https://evil.example' }), 'origin_not_allowed', 403)
      refused(await ask(closed, { origin: ORIGIN }), 'no_allowed_origins', 403)
      refused(await ask(closed), 'no_allowed_origins', 403)
      expect(await beside.count('sessions')).toBe(before)
      const fine = await ask(owner.app.id, { origin: ORIGIN })
      expect([fine.status < 300, allowed(fine), fine.headers['vary']]).toEqual([true, ORIGIN, 'Origin'])
    }
  })

  it('is let in by the exact origin only', async () => {
    const { token } = (await owner.visitor()).session
    for (const origin of lookAlikes) {
      refused(await settings(owner.app.id, { origin }), 'origin_not_allowed', 403)
      refused(await start(owner.app.id, { origin }), 'origin_not_allowed', 403)
      const mine = await send(`${aside.url}/v1/conversations`, {
        headers: { origin, authorization: `Bearer ${token}` },
      })
      refused(mine, 'origin_not_allowed', 403)
    }
    const bare = await send(`${aside.url}/v1/conversations`, { headers: { authorization: `Bearer ${token}` } })
    refused(bare, 'origin_missing', 403)
  })

  it('may not use one app because another one allows it', async () => {
    await appWith('https://elsewhere.example')
    refused(await settings(owner.app.id, { origin: 'https://elsewhere.example' }), 'origin_not_allowed', 403)
  })

  it('gets its preflight answered where it is allowed, and nothing to go by elsewhere', async () => {
    const ask = (origin: string, path = '/v1/sessions') =>
      send(`${aside.url}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        },
      })
    const reply = await ask(ORIGIN)
    expect(reply.status).toBe(204)
    expect(reply.headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' })
    const list = (name: string) => String(reply.headers[name]).toLowerCase().split(', ')
    expect(list('access-control-allow-methods')).toEqual(['get', 'post', 'delete'])
    expect(list('access-control-allow-headers')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'last-event-id']),
    )
    expect(list('access-control-allow-headers')).not.toContain('x-api-key')
    expect(Number(reply.headers['access-control-max-age'])).toBeLessThanOrEqual(600)
    for (const origin of lookAlikes) {
      const { headers } = await ask(origin)
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(headers['vary']).toBe('Origin')
    }
  })

  it('can read every refusal, wherever it is allowed', async () => {
    const wrong = await sendJson(`${aside.url}/v1/sessions`, { appId: owner.app.id, extra: 1 }, { origin: ORIGIN })
    expect([wrong.status, allowed(wrong)]).toEqual([400, ORIGIN])
    expect(wrong.headers['access-control-expose-headers']).toMatch(/Retry-After/)
    const unknown = await send(`${aside.url}/v1/nowhere`, { headers: { origin: ORIGIN } })
    expect([unknown.status, allowed(unknown)]).toEqual([404, ORIGIN])
  })

  it('cannot post without a preflight: forms and plain text are refused, and change nothing', async () => {
    const { token } = (await owner.visitor()).session
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']
    const before = await Promise.all(['sessions', 'conversations'].map((it) => beside.count(it)))
    for (const type of types) {
      const headers = { origin: ORIGIN, authorization: `Bearer ${token}`, ...(type ? { 'content-type': type } : {}) }
      for (const [path, body] of [
        ['/v1/sessions', { appId: owner.app.id }],
        ['/v1/conversations', { clientId: clientId() }],
      ] as const) {
        const reply = await send(`${aside.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
        expect([reply.status, reply.error().code]).toEqual([415, 'unsupported_media_type'])
      }
    }
    expect(await Promise.all(['sessions', 'conversations'].map((it) => beside.count(it)))).toEqual(before)
  })

  it('names its app by id or by publishable key, until the key is revoked', async () => {
    const body = { kind: 'publishable' as const, name: 'On the page', appId: owner.app.id }
    const { key, secret } = await owner.client.call(createKey, { query: {}, body })
    expect(secret).toMatch(/^as_pk_live_/)
    expect(key).toMatchObject({ kind: 'publishable', appId: owner.app.id, scopes: [] })
    const byKey = await settings(secret, { origin: ORIGIN })
    expect(byKey.json()).toEqual((await settings(owner.app.id, { origin: ORIGIN })).json())
    expect((await start(secret, { origin: ORIGIN })).status).toBe(201)
    refused(await start(secret), 'origin_missing', 403)
    refused(await start(secret, { origin: 'https://evil.example' }), 'origin_not_allowed', 403)
    const asKey = await send(`${aside.url}/v1/admin/apps`, { headers: { 'x-api-key': secret } })
    expect(asKey.error().code).toBe('unauthenticated')
    await owner.client.call(revokeKey, { params: { keyId: key.id }, query: {} })
    refused(await start(secret, { origin: ORIGIN }), 'app_not_found', 404)
    refused(await settings(secret, { origin: ORIGIN }), 'app_not_found', 404)
  })

  it('reads the app’s public look once, and is told when it has not changed', async () => {
    const { app, visitor } = await aside.owner({
      systemPrompt: 'Secret instructions',
      model: 'secret-model',
      locale: 'pt-BR',
    })
    const first = await settings(app.id, { origin: ORIGIN })
    expect(first.json()).toMatchObject({ appId: app.id, name: app.name, locale: 'pt-BR' })
    const etag = String(first.headers['etag'])
    const again = await settings(app.id, { origin: ORIGIN, 'if-none-match': etag })
    expect([again.status, again.text, again.headers['etag'], again.headers['vary']]).toEqual([304, '', etag, 'Origin'])
    const other = await settings(app.id, { origin: ORIGIN, 'if-none-match': '"another"' })
    expect(other.text).toBe(first.text)
    expect(first.text + JSON.stringify((await visitor()).session)).not.toMatch(/[Ss]ecret/)
  })

  it('of our own needs no entry in the list, for only allowed pages could frame it', async () => {
    const closed = await appWith()
    expect((await start(owner.app.id, { origin: aside.url })).status).toBe(201)
    expect((await settings(owner.app.id, { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    refused(await settings(owner.app.id, { 'sec-fetch-site': 'same-site' }), 'origin_missing', 403)
    const reply = await start(closed, { origin: aside.url })
    expect(reply.error().code).toBe('no_allowed_origins')
  })

  it('may frame the chat only where its origin is listed', async () => {
    const two = await appWith('https://a.example', 'https://b.example:8443')
    const policyOf = async (appId: string) => {
      const reply = await send(`${aside.url}/embed/${appId}`)
      const policy = String(reply.headers['content-security-policy'])
      expect(policy).toMatch(/default-src 'none'.*require-trusted-types-for 'script'/)
      expect(policy).not.toMatch(/unsafe-(inline|eval)|\*/)
      expect(reply.headers['x-content-type-options']).toBe('nosniff')
      return [reply.status, /frame-ancestors ([^;]*)$/.exec(policy)?.[1]]
    }
    expect(await policyOf(two)).toEqual([200, 'https://a.example https://b.example:8443'])
    expect(await policyOf(await appWith())).toEqual([200, "'none'"])
    expect(await policyOf(`app_${'0'.repeat(26)}`)).toEqual([404, "'none'"])
    expect(await policyOf('anything')).toEqual([404, "'none'"])
  })

  it('can be allowed by nothing but an origin as browsers send it', async () => {
    const wrong = [
      '*',
      'https://*.example',
      'https://*.co.uk',
      'https://*.github.io',
      'https://*.127.0.0.1',
      'https://a.*.shop.example',
      'https://*',
      'https://shop.example/a',
      'shop.example',
      'https://a.example; script-src *',
    ]
    wrong.push('https://a.example\r\nX: 1', 'https://A.example', 'https://a.example:443', 'javascript:alert(1)', 'null')
    wrong.push(
      'ftp://a.example',
      'https://a.example:99999',
      'https://user@a.example',
      'https://ünï.example',
      'https://',
    )
    for (const origin of wrong) await expect(appWith(origin), origin).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('finds no name of another host in any answer, whatever Host it sends', async () => {
    const hosts = ['evil.example', 'good.example:fake@evil.example', 'evil.example:80', '[evil.example']
    const paths = [
      '/openapi.json',
      '/docs',
      `/embed/${owner.app.id}`,
      '/healthz',
      '/v1/nowhere',
      '/cdn/latest/embed.js',
    ]
    for (const host of hosts)
      for (const path of [...paths, '//evil.example/healthz']) {
        const forwarded = {
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'ftp',
          forwarded: 'host=evil.example',
        }
        const reply = await send(`${aside.url}${path}`, {
          headers: { host, ...forwarded, referer: 'https://evil.example/' },
        })
        expect(reply.status).toBeLessThan(500)
        expect(reply.headers['location']).toBeUndefined()
        expect(JSON.stringify(reply.headers) + reply.text).not.toMatch(/evil|ftp:/)
      }
  })
})
