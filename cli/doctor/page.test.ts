import { createApp } from '@aside/protocol'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readSource } from './embeddings.ts'
import { checkTransport } from './page.ts'
import { named, openPractice, type Practice, troubles } from '../testing/examined.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe('a look at a page', () => {
  let practice: Practice
  beforeAll(async () => {
    practice = await openPractice()
  })
  afterAll(() => practice?.close())

  const withPolicy = (body: string, policy: string | string[]) => ({
    body,
    headers: { 'content-security-policy': policy },
  })

  it('finds nothing wrong with a good one, whichever way it embeds', async () => {
    for (const body of [practice.tag(), practice.element(), practice.federated()]) {
      const seen = await practice.examine(`<!doctype html><title>Shop</title>${body}`)
      expect(troubles(seen)).toEqual([])
      expect([...new Set(seen.checks.map((it) => it.group))]).toEqual(['page', 'app', 'stream'])
    }
    const both = await practice.examine(
      practice.tag(`integrity="${practice.sri}" crossorigin="anonymous"`).replace('latest', `v${practice.version}`),
    )
    expect(troubles(both)).toEqual([])
  })

  it.for([
    ['tag', "default-src 'self'"],
    ['tag', "default-src 'none'; frame-src 'self'"],
    ['element', "default-src 'self'; img-src *"],
    ['federated', "default-src 'self'; script-src 'self' 'unsafe-inline'"],
  ] as const)('prints the line that lets the %s through a policy of %s', async ([way, policy]) => {
    const seen = await practice.examine(withPolicy(practice[way](), policy))
    const [found, ...others] = troubles(seen)
    expect(others).toEqual([])
    expect(found).toMatchObject({ group: 'page', status: 'fail', name: expect.stringMatching(/^policy for/) })
    const line = /^Content-Security-Policy: (.+)$/.exec(found?.fix ?? '')?.[1] ?? ''
    const replaced = line.split('; ').map((it) => it.split(' ')[0])
    expect(replaced).toEqual(way === 'tag' ? ['script-src', 'frame-src'] : ['script-src', 'connect-src'])
    const kept = policy.split('; ').filter((it) => !replaced.includes(it.split(' ')[0]))
    expect(troubles(await practice.examine(withPolicy(practice[way](), [...kept, line].join('; '))))).toEqual([])
  })

  it('heeds every policy there is: of several headers, of a meta element, and of those that only report', async () => {
    const two = await practice.examine(withPolicy(practice.tag(), ['script-src *', "frame-src 'self'"]))
    expect(troubles(two)).toMatchObject([
      { status: 'fail', detail: 'frame-src of the page refuses it (in the 2. of its 2 policies)' },
    ])
    const meta = await practice.examine(
      `<meta http-equiv="content-security-policy" content="script-src 'self'">${practice.tag()}`,
    )
    expect(troubles(meta)).toMatchObject([{ status: 'fail', detail: 'script-src of the page refuses it' }])
    const report = await practice.examine({
      body: practice.tag(),
      headers: { 'content-security-policy-report-only': "frame-src 'none'" },
    })
    expect(troubles(report)).toMatchObject([{ status: 'warn' }])
  })

  it('wants the nonce where only a nonce helps', async () => {
    const policy = "script-src 'nonce-r4nd0m' 'strict-dynamic'; require-trusted-types-for 'script'"
    const without = await practice.examine(withPolicy(practice.tag(), policy))
    expect(troubles(without)).toMatchObject([{ status: 'fail', fix: expect.stringContaining('nonce="…"') }])
    for (const way of ['tag', 'element', 'federated'] as const)
      expect(troubles(await practice.examine(withPolicy(practice[way]('nonce="r4nd0m"'), policy)))).toEqual([])
    const named = await practice.examine(withPolicy(practice.element(), "trusted-types 'none'"))
    expect(troubles(named)).toMatchObject([{ status: 'warn', fix: 'Content-Security-Policy: trusted-types vue' }])
  })

  it('sees what a sandbox takes away', async () => {
    const seen = await practice.examine(withPolicy(practice.tag(), 'sandbox allow-scripts'))
    expect(troubles(seen)).toMatchObject([
      { name: 'sandbox', status: 'fail', fix: 'Content-Security-Policy: sandbox allow-scripts allow-same-origin' },
    ])
  })

  it('reads the tag as a browser does: not there, twice, without an app, with a key that must not be seen', async () => {
    const one = async (body: string) => troubles(await practice.examine(body))[0]
    expect(await one('<p>Nothing</p>')).toMatchObject({
      name: 'tag',
      status: 'fail',
      fix: expect.stringContaining('aside embed'),
    })
    expect(await one(`<!-- ${practice.tag()} --><noscript>${practice.tag()}</noscript>`)).toMatchObject({
      name: 'tag',
      status: 'fail',
    })
    expect(await one(practice.tag() + practice.tag())).toMatchObject({
      name: 'script tag',
      status: 'warn',
      detail: expect.stringContaining('2 times'),
    })
    expect(await one(practice.tag().replace(/data-app="\w+"/, ''))).toMatchObject({
      status: 'fail',
      fix: 'add data-app="app_…"',
    })
    expect(await one(practice.tag().replace(practice.appId, 'shop'))).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('no app id'),
    })
    expect(await one(practice.tag('type="module"'))).toMatchObject({ status: 'fail', fix: 'leave type out' })
    expect(await one(practice.tag(`integrity="${practice.sri}"`))).toMatchObject({
      status: 'fail',
      fix: 'add crossorigin="anonymous"',
    })
    const secret = await practice.examine(practice.tag(`data-api-key="${practice.owner.secret}"`))
    expect(troubles(secret)[0]).toMatchObject({ status: 'fail', detail: expect.stringContaining('secret key') })
    expect(JSON.stringify(secret)).not.toContain(practice.owner.secret)
    const unlike = { address: `app_${'1'.repeat(26)}`, tag: '<script></script>', server: new URL(practice.between.url) }
    expect(troubles(await practice.examine(practice.tag(), { wanted: unlike }))[0]).toMatchObject({
      detail: expect.stringContaining(`not for ${unlike.address}`),
    })
    const alone = await one(`<aside-chat app-id="${practice.appId}"></aside-chat>`)
    expect(alone).toMatchObject({
      name: '<aside-chat>',
      status: 'fail',
      detail: expect.stringContaining('nothing defines'),
    })
  })

  it('finds what a base element, a relative address or an upper-case tag hides', async () => {
    const body = `<base href="${practice.between.url}/x/"><SCRIPT SRC="../cdn/latest/embed.js" DATA-APP="${practice.appId}"></SCRIPT>`
    expect(troubles(await practice.examine(body))).toEqual([])
  })

  it('leaves the microphone to an app that offers voice', async () => {
    const body = { name: 'Voice', allowedOrigins: [practice.shop.url], config: { features: { voice: true } } }
    const { id } = await practice.owner.client.call(createApp, { query: {}, body })
    const look = async (html: string, said: string) =>
      troubles(
        await practice.examine({ body: html.replaceAll(practice.appId, id), headers: { 'permissions-policy': said } }),
      )
    const frame = `microphone=(self "${practice.between.url}")`
    expect(await look(practice.tag(), frame)).toEqual([])
    expect(await look(practice.tag(), 'microphone=*')).toEqual([])
    expect(await look(practice.tag(), 'camera=()')).toEqual([])
    expect(await look(practice.element(), 'microphone=(self)')).toEqual([])
    expect(await look(practice.tag(), 'microphone=(self)')).toMatchObject([
      { name: 'permissions', status: 'warn', fix: `Permissions-Policy: ${frame}` },
    ])
    expect(await look(practice.element(), 'geolocation=(), microphone=()')).toMatchObject([{ name: 'permissions' }])
    expect(await look(practice.tag(), 'microphone=(')).toMatchObject([
      { detail: expect.stringContaining('cannot be read') },
    ])
    const silent = { body: practice.tag(), headers: { 'permissions-policy': 'microphone=()' } }
    expect(troubles(await practice.examine(silent))).toEqual([])
  })

  it('tells a page that isolates itself from one whose frame cannot', async () => {
    const isolated = {
      body: practice.tag('crossorigin="anonymous"'),
      headers: { 'cross-origin-embedder-policy': 'require-corp' },
    }
    const seen = await practice.examine(isolated)
    expect(troubles(seen)).toEqual([])
    expect(named(seen, 'isolation')?.status).toBe('ok')
    practice.between.fault = { path: '/embed/', headers: { 'cross-origin-embedder-policy': undefined } }
    expect(troubles(await practice.examine(isolated))).toMatchObject([{ name: 'isolation', status: 'fail' }])
    practice.between.fault = { path: '/cdn/', headers: { 'cross-origin-resource-policy': undefined } }
    const bare = await practice.examine({ ...isolated, body: practice.tag() })
    expect(troubles(bare)).toMatchObject([
      { name: 'isolation', status: 'fail', fix: expect.stringContaining('crossorigin') },
    ])
    practice.between.fault = undefined
  })

  it('does not let a page that came safely load what does not', () => {
    const url = new URL('https://shop.example/')
    const look = (server: string, policy?: string) => {
      const source = readSource(`<script src="${server}/cdn/latest/embed.js" data-app="app_1"></script>`, url)
      const header = (name: string) => (name === 'content-security-policy' ? policy : undefined)
      return checkTransport({ url, origin: url.origin, status: 200, header, ...source }).map((it) => it.status)
    }
    expect(look('http://chat.example')).toEqual(['fail'])
    expect(look('http://chat.example', 'upgrade-insecure-requests')).toEqual(['warn'])
    for (const server of ['https://chat.example', '//chat.example', 'http://127.0.0.1:8787', 'http://localhost'])
      expect(look(server)).toEqual([])
  })

  it('says so where it is no page, or no good one', async () => {
    expect(troubles(await practice.examine({ status: 404, body: practice.tag() }))).toMatchObject([
      { name: 'reply', status: 'fail' },
    ])
    const picture = await practice.examine({ headers: { 'content-type': 'image/png' }, body: '' })
    expect(troubles(picture)[0]).toMatchObject({ name: 'reply', status: 'fail' })
    const long = await practice.examine(practice.tag() + ' '.repeat(6_000_000))
    expect(troubles(long)).toMatchObject([{ name: 'reply', status: 'warn' }])
  })
})
