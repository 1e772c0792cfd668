import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Aside, ORIGIN, type Owner, startAside } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

const API = 'https://api.example'
const EMBED = 'https://embed.example'
const STUDIO = 'https://studio.example'
const apart = { ASIDE_PUBLIC_URL: API, ASIDE_EMBED_URL: EMBED, ASIDE_STUDIO_URL: STUDIO }

/** What a browser needs to be told beside any page, a refusal included. */
const mustBeClosed = (headers: Record<string, unknown>) =>
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringMatching(/default-src 'none';.*frame-ancestors 'none'/),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  })

describe.for(stores)('hostnames set apart, on %s', (store) => {
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store, env: apart })
    owner = await aside.owner()
  })
  afterAll(() => aside?.stop())

  const ask = (host: string, path: string, headers: Record<string, string> = {}) =>
    send(aside.url + path, { headers: { host, ...headers } })
  const statusOf = async (host: string, path: string) => (await ask(host, path)).status
  const nothing = [404, 'not_found']
  const refusal = async (host: string, path: string) => {
    const reply = await ask(host, path)
    mustBeClosed(reply.headers)
    return [reply.status, reply.error().code]
  }

  it('serves the frame and the files on the embed host, and nothing else', async () => {
    expect(await statusOf('embed.example', `/embed/${owner.app.id}`)).toBe(200)
    const paths = ['/v1/admin/apps', '/v1/agents/login', '/v1/sessions', '/v1/events', '/openapi.json', '/docs']
    for (const path of [...paths, '/studio', '/metrics', '/', '/v1/apps/x/settings', '/V1/admin/apps'])
      expect(await refusal('embed.example', path)).toEqual(nothing)
  })

  it('serves the API on its own host, and no frame there', async () => {
    expect(await statusOf('api.example', '/openapi.json')).toBe(200)
    expect(await statusOf('api.example', '/v1/admin/apps')).toBe(401)
    for (const path of [`/embed/${owner.app.id}`, `/EMBED/${owner.app.id}`, '/studio', '/studio/'])
      expect(await refusal('api.example', path)).toEqual(nothing)
  })

  it('keeps what is for visitors’ pages off the studio’s host', async () => {
    expect(await statusOf('studio.example', '/v1/admin/apps')).toBe(401)
    for (const path of [`/embed/${owner.app.id}`, '/cdn/latest/embed.js', '/docs', '/openapi.json'])
      expect(await refusal('studio.example', path)).toEqual(nothing)
  })

  it('does not know names that only resemble its own', async () => {
    const strange = ['evil.example', 'api.example.evil.example', 'api.example.', 'xapi.example', 'api.example:444']
    for (const host of [...strange, 'api.example@evil.example', 'embed.example:fake@api.example'])
      expect(await refusal(host, '/openapi.json')).toEqual(nothing)
    expect(await statusOf('api.example:443', '/openapi.json')).toBe(200)
    expect(await statusOf('API.example', '/openapi.json')).toBe(200)
    const forwarded = await ask('evil.example', '/openapi.json', { 'x-forwarded-host': 'api.example' })
    expect(forwarded.status).toBe(404)
  })

  it('answers a load balancer that asks by address, and the machine itself', async () => {
    for (const host of ['10.0.0.7:8787', 'evil.example', 'embed.example'])
      for (const path of ['/healthz', '/readyz']) expect(await statusOf(host, path)).toBe(200)
    for (const host of ['localhost', '127.0.0.1:1', '[::1]:8787']) expect(await statusOf(host, '/docs')).toBe(200)
  })

  it('tells the frame where the API is, and lets it ask nobody else', async () => {
    const { text, headers } = await ask('embed.example', `/embed/${owner.app.id}`)
    expect(text).toContain(`data-api="${API}"`)
    expect(headers['content-security-policy']).toContain(`; connect-src ${API};`)
    expect(headers['content-security-policy']).toContain(`frame-ancestors ${ORIGIN}`)
    expect(headers['set-cookie']).toBeUndefined()
  })

  it('takes the embed host for its own, and not what an address alone would have passed for', async () => {
    const settings = `/v1/apps/${owner.app.id}/settings`
    const fromFrame = await ask('api.example', settings, { origin: EMBED, 'sec-fetch-site': 'same-site' })
    expect([fromFrame.status, fromFrame.headers['access-control-allow-origin']]).toEqual([200, EMBED])
    const begun = await sendJson(
      `${aside.url}/v1/sessions`,
      { appId: owner.app.id },
      { host: 'api.example', origin: EMBED },
    )
    expect(begun.status).toBe(201)
    for (const origin of [API, STUDIO, 'https://evil.example', 'null'])
      expect((await ask('api.example', settings, { origin })).error().code).toBe('origin_not_allowed')
    const nameless = await ask('api.example', settings, { 'sec-fetch-site': 'same-origin' })
    expect(nameless.error().code).toBe('origin_missing')
  })

  it('lets agents work on the studio’s host only', async () => {
    const login = (host: string, origin: string) =>
      sendJson(`${aside.url}/v1/agents/login`, { email: 'a@b.example', password: 'not this one' }, { host, origin })
    expect((await login('studio.example', STUDIO)).error().code).toBe('unauthenticated')
    for (const origin of [API, EMBED])
      expect((await login('api.example', origin)).error().code).toBe('origin_not_allowed')
    expect((await login('embed.example', EMBED)).error().code).toBe('not_found')
  })

  it('says in its description where tags come from', async () => {
    const { info: _, ...described } = (await ask('api.example', '/openapi.json')).json() as Record<string, unknown>
    expect(described).toMatchObject({ servers: [{ url: API }], 'x-aside-embed-url': EMBED })
  })
})

describe('one hostname for all', () => {
  it('asks for no name, and tells the frame nothing', async () => {
    const aside = await startAside()
    try {
      const owner = await aside.owner()
      const reply = await send(`${aside.url}/embed/${owner.app.id}`, { headers: { host: 'whatever.example' } })
      expect(reply.status).toBe(200)
      expect(reply.text).not.toContain('data-api')
      expect(reply.headers['content-security-policy']).toContain("connect-src 'self'")
      const settings = `${aside.url}/v1/apps/${owner.app.id}/settings`
      expect((await send(settings, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
    } finally {
      await aside.stop()
    }
  })

  it('closes every page to frames and foreign content, whatever its status', async () => {
    const aside = await startAside()
    try {
      for (const path of ['/docs', '/nowhere', '/studio', '/v1/sessions', '/cdn/latest/nothing.js', '/%E0%A4%A'])
        mustBeClosed((await send(aside.url + path)).headers)
      const strange = await send(`${aside.url}/embed/app_nobody`)
      expect([strange.status, strange.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
      mustBeClosed(strange.headers)
      const beside = await openBeside(aside.store)
      await beside.scope('ten_nobody').em.execute('alter table apps rename to gone')
      await beside.close()
      const broken = await send(`${aside.url}/embed/app_${'0'.repeat(26)}`)
      expect([broken.status, broken.error().code]).toEqual([500, 'internal'])
      mustBeClosed(broken.headers)
    } finally {
      await aside.stop()
    }
  })
})
