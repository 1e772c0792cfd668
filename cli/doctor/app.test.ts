import { createApp, createKey } from '@aside/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { named, openPractice, type Practice, troubles } from '../testing/examined.ts'
import { standBetween } from '../testing/shop.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe('a look at the app from the page', () => {
  let practice: Practice
  beforeAll(async () => {
    practice = await openPractice()
  })
  afterEach(() => void (practice.between.fault = undefined))
  afterAll(() => practice?.close())

  const appWith = async (...allowedOrigins: string[]) =>
    (await practice.owner.client.call(createApp, { query: {}, body: { name: 'Another', allowedOrigins } })).id

  it('tells apart an app that is not there, one that lets nobody in, and one that does not let this page in', async () => {
    const nobody = `app_${'0'.repeat(26)}`
    const closed = await appWith()
    const other = await appWith('https://other.example')
    for (const way of ['tag', 'element', 'federated'] as const) {
      const look = async (id: string) =>
        troubles(await practice.examine(practice[way]().replaceAll(practice.appId, id)))
      const [missing, ...no] = await look(nobody)
      expect(missing).toMatchObject({ name: 'app', status: 'fail', detail: `the server knows no ${nobody}` })
      expect(no).toEqual([])
      const [first] = await look(closed)
      const fix = `aside origin add ${closed} ${practice.shop.url}`
      expect(first).toMatchObject({ name: 'app', detail: expect.stringContaining('no allowed origins'), fix })
      const [refused, ...frame] = await look(other)
      expect(refused).toMatchObject({ name: 'app', status: 'fail', detail: expect.stringContaining('is not among') })
      expect(frame.map((it) => it.name)).toEqual(way === 'tag' ? ['frame'] : [])
    }
  })

  it('speaks as a page of another origin where it is told to', async () => {
    const body = practice.tag().replaceAll(practice.appId, await appWith('https://live.example'))
    expect(troubles(await practice.examine(body, { origin: 'https://live.example' }))).toEqual([])
    const seen = await practice.examine(body, { origin: 'https://evil.example' })
    expect(troubles(seen).map((it) => [it.name, it.status])).toEqual([
      ['app', 'fail'],
      ['frame', 'fail'],
    ])
  })

  it('lets a page of this machine in with a test key', async () => {
    const body = { kind: 'publishable' as const, name: 'Trying', env: 'test' as const, appId: await appWith() }
    const { secret } = await practice.owner.client.call(createKey, { query: {}, body })
    const html = practice.tag().replace(/data-app="\w+"/, `data-api-key="${secret}"`)
    expect(troubles(await practice.examine(html))).toEqual([])
  })

  it('sees a proxy that takes away or changes who may hold the frame', async () => {
    const look = async (headers: Record<string, string | undefined>) => {
      practice.between.fault = { path: '/embed/', headers }
      return troubles(await practice.examine(practice.tag()))
    }
    expect(await look({ 'content-security-policy': "frame-ancestors 'none'" })).toMatchObject([
      { name: 'frame', status: 'fail' },
    ])
    const lost = { 'content-security-policy': undefined }
    expect(await look(lost)).toMatchObject([{ name: 'frame', status: 'warn' }])
    expect(await look({ ...lost, 'x-frame-options': 'SAMEORIGIN' })).toMatchObject([{ name: 'frame', status: 'fail' }])
    expect(await look({ 'x-frame-options': 'DENY' })).toMatchObject([{ name: 'frame', status: 'warn' }])
  })

  it('sees a proxy that answers preflights itself, or takes the answer away from the page', async () => {
    const element = practice.element()
    const look = async (fault: Practice['between']['fault']) => {
      practice.between.fault = fault
      return troubles(await practice.examine(element))
    }
    const options = { path: '/v1/', method: 'OPTIONS' }
    expect(await look({ ...options, reply: { status: 405 } })).toMatchObject([{ name: 'preflight', status: 'fail' }])
    const narrow = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'Content-Type' }
    expect(await look({ ...options, reply: { status: 204, headers: narrow } })).toMatchObject([
      { name: 'preflight', detail: 'Access-Control-Allow-Headers lacks authorization, last-event-id' },
    ])
    const twice = `${practice.shop.url}, ${practice.shop.url}`
    expect(await look({ ...options, headers: { 'access-control-allow-origin': twice } })).toMatchObject([
      { name: 'preflight' },
    ])
    expect(await look({ path: '/v1/apps', headers: { 'access-control-allow-origin': undefined } })).toMatchObject([
      { name: 'app', status: 'fail', detail: expect.stringContaining('is told nothing') },
    ])
    // Within the frame nothing is asked of another origin.
    practice.between.fault = { ...options, reply: { status: 405 } }
    expect(troubles(await practice.examine(practice.tag()))).toEqual([])
  })

  it('sees what is no Aside, what leads elsewhere, and what is not there', async () => {
    const look = async (reply: { status: number; headers?: Record<string, string> }) => {
      practice.between.fault = { path: '/v1/', reply }
      return troubles(await practice.examine(practice.element()))[0]
    }
    const location = 'https://chat.example/'
    expect(await look({ status: 301, headers: { location } })).toMatchObject({
      name: 'server',
      detail: expect.stringContaining(location),
    })
    expect(await look({ status: 200 })).toMatchObject({
      name: 'server',
      detail: expect.stringContaining('as Aside does'),
    })
    practice.between.fault = undefined
    const elsewhere = practice.tag().replace(practice.between.url, 'http://127.0.0.1:1')
    expect(troubles(await practice.examine(elsewhere))[0]).toMatchObject({
      name: 'server',
      status: 'fail',
      detail: expect.stringContaining('cannot be reached'),
    })
  })

  it('compares the script with the tag and with what the server says', async () => {
    const pinned = (sri: string) =>
      practice.tag(`integrity="${sri}" crossorigin="anonymous"`).replace('latest', `v${practice.version}`)
    const wrong = 'sha384-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const look = async (html: string) => troubles(await practice.examine(html))
    expect(await look(pinned(wrong))).toMatchObject([
      { name: 'integrity', status: 'fail', fix: expect.stringContaining('aside embed') },
    ])
    expect(await look(practice.tag(`integrity="${practice.sri}" crossorigin`))).toMatchObject([
      { name: 'integrity', status: 'warn' },
    ])
    expect(await look(practice.tag().replace('latest', 'v0.0.1'))).toMatchObject([
      { name: 'script', status: 'fail', detail: expect.stringContaining('another version') },
    ])
    const headers = { 'content-type': 'text/javascript' }
    practice.between.fault = { path: '/cdn/latest/embed.js', reply: { headers, body: 'old()' } }
    expect(await look(practice.tag())).toMatchObject([
      { name: 'integrity', status: 'warn', detail: expect.stringContaining('an old copy') },
    ])
    practice.between.fault = { path: `/cdn/v${practice.version}/embed.js`, reply: { headers, body: 'minified()' } }
    expect(await look(pinned(practice.sri))).toMatchObject([
      { name: 'integrity', status: 'fail', detail: expect.stringContaining('something between changes it') },
    ])
    practice.between.fault = {
      path: '/cdn/latest/embed.js',
      headers: { 'cache-control': 'public, max-age=2592000', age: '900000' },
    }
    expect(await look(practice.tag())).toMatchObject([{ name: 'cache', status: 'warn' }])
    const listing = JSON.stringify({ channels: { latest: '99.0.0' } })
    practice.between.fault = { path: '/cdn/integrity.json', reply: { headers, body: listing } }
    expect(await look(pinned(practice.sri))).toMatchObject([
      { name: 'version', status: 'warn', detail: expect.stringContaining('the newest is v99.0.0') },
    ])
    practice.between.fault = { path: '/cdn/latest/embed.js', headers: { 'content-type': 'text/plain' } }
    expect(await look(practice.tag())).toMatchObject([{ name: 'script', status: 'fail' }])
  })
})

describe('a frame on a host of its own', () => {
  it('is told apart from the API, which is found by way of it', async () => {
    const embed = await standBetween(() => practice.aside.url)
    const practice: Practice = await openPractice({ ASIDE_EMBED_URL: embed.url })
    try {
      const seen = await practice.examine(practice.tag().replace(practice.between.url, embed.url))
      expect(troubles(seen)).toEqual([])
      expect(named(seen, 'preflight')?.detail).toBe(`${embed.url} may ask`)
      const policy = `script-src ${embed.url}; frame-src ${embed.url}`
      const page = { body: practice.tag().replace(practice.between.url, embed.url) }
      expect(troubles(await practice.examine({ ...page, headers: { 'content-security-policy': policy } }))).toEqual([])
      expect(troubles(await practice.examine(practice.element()))).toEqual([])
      const old = await practice.examine(practice.tag())
      expect(named(old, 'frame')).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining('not the host they come from'),
        fix: `print the tag again: aside embed ${practice.appId}`,
      })
    } finally {
      await practice.close()
      await embed.stop()
    }
  })
})
