import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Aside, startAside } from '../testing/aside.ts'
import { send } from '../testing/raw-request.ts'
import { type BuildShop, createBuildShop } from '../testing/widget-builds.ts'
import { publish } from './cdn-folder.ts'
import { isPacked } from './encodings.ts'

const FOREVER = 'public, max-age=31536000, immutable'
const FIVE_MINUTES = 'public, max-age=300, stale-while-revalidate=86400'

/** As Cloudflare and Netlify read it: every rule that matches counts, and what two say is joined with a comma. */
function readHeaders(text: string) {
  const rules = text
    .trim()
    .split('\n\n')
    .map((block) => {
      const [pattern = '', ...lines] = block.split('\n')
      const parts = pattern.split('*').map((it) => it.replace(/[.\\+?^$()[\]{}|]/g, '\\$&'))
      const headers = lines.map((line) => /^ {2}([\w-]+): (.+)$/.exec(line)!.slice(1) as [string, string])
      return { pattern, matches: new RegExp(`^${parts.join('.*')}$`), headers }
    })
  const names = [...new Set(rules.flatMap(({ headers }) => headers.map(([name]) => name)))]
  return {
    rules,
    names,
    of: (path: string) =>
      Object.fromEntries(
        names.map((name) => {
          const said = rules.filter(({ matches }) => matches.test(path)).flatMap(({ headers }) => headers)
          const values = said.filter(([it]) => it === name).map(([, value]) => value)
          return [name.toLowerCase(), values.length > 0 ? values.join(', ') : undefined]
        }),
      ),
  }
}

describe('a folder with several versions', () => {
  let shop: BuildShop
  let aside: Aside
  let laterMs = 0
  beforeAll(async () => {
    shop = createBuildShop()
    for (const version of ['0.1.0', '0.1.1', '0.2.0', '1.0.0-rc.1'])
      await publish({ from: shop.build(version), folder: shop.cdn, withMaps: version === '0.1.1' })
    aside = await startAside({ boot: { edge: { now: () => Date.now() + laterMs } }, env: { ASIDE_CDN_DIR: shop.cdn } })
  })
  afterAll(async () => {
    await aside?.stop()
    shop?.clean()
  })

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    send(`${aside.url}/cdn/${path}`, { method, headers })
  const files = () =>
    readdirSync(shop.cdn, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile() && it.name !== '_headers' && !isPacked(it.name))
      .map((it) => join(it.parentPath, it.name).slice(shop.cdn.length + 1))
  const chunkOf = (folder: string) => readdirSync(join(shop.cdn, folder)).find((it) => /part-.{8}\.js$/.test(it))!

  it('is served with exactly the headers that its _headers file says, file by file', async () => {
    const written = readHeaders(readFileSync(join(shop.cdn, '_headers'), 'utf8'))
    expect(written.names).toEqual([
      'Access-Control-Allow-Origin',
      'Cross-Origin-Resource-Policy',
      'X-Content-Type-Options',
      'Cache-Control',
      'SourceMap',
    ])
    expect(files().length).toBeGreaterThan(50)
    for (const path of files()) {
      const { status, headers, text } = await ask(path)
      const said = Object.fromEntries(written.names.map((it) => [it.toLowerCase(), headers[it.toLowerCase()]]))
      expect([path, status, said]).toEqual([path, 200, written.of(`/${path}`)])
      expect(text).toBe(readFileSync(join(shop.cdn, path), 'utf8'))
    }
  })

  it.for([
    ['v0.1.0/embed.js', FOREVER, 'text/javascript; charset=utf-8'],
    ['v0.1.0/integrity.json', FOREVER, 'application/json; charset=utf-8'],
    ['v1.0.0-rc.1/frame.css', FOREVER, 'text/css; charset=utf-8'],
    ['maps/v0.1.1/frame.js.map', FOREVER, 'application/json; charset=utf-8'],
    ['latest/embed.js', FIVE_MINUTES, 'text/javascript; charset=utf-8'],
    ['v0/frame.css', FIVE_MINUTES, 'text/css; charset=utf-8'],
    ['v0.2/integrity.json', FIVE_MINUTES, 'application/json; charset=utf-8'],
    ['integrity.json', FIVE_MINUTES, 'application/json; charset=utf-8'],
  ] as const)('says how long %s may be kept, and what it is', async ([path, cache, type]) => {
    const { headers } = await ask(path)
    expect(headers).toMatchObject({
      'cache-control': cache,
      'content-type': type,
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      vary: 'Accept-Encoding',
    })
  })

  it('lets a chunk with a hash in its name be kept for ever, also under a name that moves on', async () => {
    for (const channel of ['latest', 'v0', 'v0.1'])
      for (const version of ['v0.1.0', 'v0.1.1']) {
        const reply = await ask(`${channel}/${chunkOf(version)}`)
        expect([reply.status, reply.headers['cache-control']], `${channel} ${version}`).toEqual([200, FOREVER])
      }
    expect((await ask(`latest/${chunkOf('v1.0.0-rc.1')}`)).status).toBe(404)
  })

  it('names the source map of a file only where it was published', async () => {
    expect((await ask('v0.1.1/frame.js')).headers['sourcemap']).toBe('../maps/v0.1.1/frame.js.map')
    expect((await ask('v0.1.0/frame.js')).headers['sourcemap']).toBeUndefined()
    expect((await ask('maps/v0.1.0/frame.js.map')).status).toBe(404)
  })

  it('is sent in the form that is wanted, each with a tag of its own', async () => {
    const plain = await ask('v0.2.0/frame.js')
    expect(plain.headers['content-encoding']).toBeUndefined()
    const tags = new Set([plain.headers['etag']])
    for (const encoding of ['br', 'gzip']) {
      const headers = { 'accept-encoding': encoding }
      const packed = await ask('v0.2.0/frame.js', headers)
      expect(packed.headers['content-encoding']).toBe(encoding)
      expect(Number(packed.headers['content-length'])).toBeLessThan(Number(plain.headers['content-length']))
      tags.add(packed.headers['etag'])
      // What a browser makes of it.
      expect(await (await fetch(`${aside.url}/cdn/v0.2.0/frame.js`, { headers })).text()).toBe(plain.text)
    }
    expect(tags.size).toBe(3)
    expect((await ask('v0.2.0/frame.js.br')).status).toBe(404)
  })

  it('is not sent again to who has it, and to HEAD not at all', async () => {
    const headers = { 'accept-encoding': 'br' }
    const first = await ask('latest/frame.js', headers)
    const etag = String(first.headers['etag'])
    const again = await ask('latest/frame.js', { ...headers, 'if-none-match': `"other", W/${etag}` })
    expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag])
    expect([again.headers['vary'], again.headers['cache-control']]).toEqual(['Accept-Encoding', FIVE_MINUTES])
    expect((await ask('latest/frame.js', { 'if-none-match': etag })).status).toBe(200)
    const head = await ask('latest/frame.js', headers, 'HEAD')
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', first.headers['content-length']])
  })

  it('leads nowhere else, and says so to a page of any origin; nothing but reading is possible', async () => {
    const paths = [
      'v9/embed.js',
      'latest',
      'latest/',
      'latest/nothing.js',
      '_headers',
      'v0.1.0/../_headers',
      '..%2f_headers',
    ]
    paths.push(
      'latest/%2e%2e/_headers',
      'latest//embed.js',
      'latest/embed.js%00',
      'v0.1.0-/embed.js',
      'constructor/embed.js',
    )
    for (const path of paths) {
      const { status, headers } = await ask(path)
      expect([path, status, headers['access-control-allow-origin'], headers['cache-control']]).toEqual([
        path,
        404,
        '*',
        'no-store',
      ])
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await ask('latest/embed.js', {}, method)).status, method).toBe(405)
  })

  it('is looked at again: the next version is there without a restart', async () => {
    expect((await ask('v0.2.1/embed.js')).status).toBe(404)
    await publish({ from: shop.build('0.2.1'), folder: shop.cdn })
    laterMs += 1_000
    expect((await ask('v0.2.1/embed.js')).status).toBe(200)
    expect((await ask('latest/embed.js')).text).toContain('embed.js of 0.2.1')
    expect((await ask('integrity.json')).json()).toMatchObject({ channels: { latest: '0.2.1', 'v0.1': '0.1.1' } })
  })
})

describe('a folder with one build, as it was built here', () => {
  it('has the same under every name of its version, with the same headers', async () => {
    const shop = createBuildShop()
    const aside = await startAside({ boot: { cdnFolder: shop.build('0.1.0') } })
    const ask = (path: string) => send(`${aside.url}/cdn/${path}`, { headers: { 'accept-encoding': 'gzip' } })
    for (const [channel, cache] of [
      ['latest', FIVE_MINUTES],
      ['v0', FIVE_MINUTES],
      ['v0.1', FIVE_MINUTES],
      ['v0.1.0', FOREVER],
    ]) {
      const { status, headers } = await ask(`${channel}/embed.js`)
      expect([status, headers['cache-control'], headers['content-encoding']]).toEqual([200, cache, 'gzip'])
    }
    expect((await ask('integrity.json')).json()).toMatchObject({ channels: { latest: '0.1.0' } })
    expect((await ask('v0.2/embed.js')).status).toBe(404)
    await aside.stop()
    shop.clean()
  })
})
