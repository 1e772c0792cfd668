import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Aside, type Owner, startAside } from '@aside/server/testing/aside'
import { createPlace } from './testing/command.ts'

const place = createPlace()
afterAll(() => place.clean())

test('from nothing to an answer: tenant, app, key, sources, chat, on the local database', async () => {
  const tenant = await place.run(['tenant', 'create', 'Acme', '--json'])
  expect(tenant.code, tenant.stderr).toBe(0)
  expect(tenant.stderr).toContain(`A new database was made: ${join(place.dataDir, 'aside.db')}`)
  const tenantId = (tenant.json() as { id: string }).id

  const app = await place.run(['app', 'create', 'Shop', '--origin', 'https://shop.example', '--json'])
  expect(app.json()).toMatchObject({ name: 'Shop', tenantId, allowedOrigins: ['https://shop.example'] })

  const key = await place.run(['key', 'create', 'ci', '--scope', 'chat', 'apps:read', '--env', 'test'])
  expect(key.stdout).toMatch(/^as_sk_test_[0-9A-Za-z]{51}\n$/)
  const keys = await place.run(['key', 'list'])
  expect(keys.stdout).toMatch(/^ci +key_\w{26} +secret test +…\w{4} +valid +never +apps:read chat$|chat apps:read$/m)
  expect(keys.stdout).not.toContain(key.stdout.trim())

  const docs = place.folder({ 'returns.md': '# Returns\n\nAnything goes back within 30 days.' })
  expect(await place.run(['source', 'add', docs])).toMatchObject({ code: 0 })
  const answer = await place.run(['chat', 'shop', 'When', 'can', 'things', 'go', 'back?'])
  expect(answer.code, answer.stderr).toBe(0)
  expect(answer.stdout).toContain('within 30 days')
}, 120_000)

describe('embed', () => {
  const script = 'console.log("aside")\n'
  const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`
  const built = (hash: string) =>
    place.folder({
      'embed.js': script,
      'integrity.json': JSON.stringify({
        version: '0.1.0',
        files: { 'embed.js': hash },
        frame: { script: 'f.js', styles: [] },
      }),
    })
  const servers: Aside[] = []
  const serve = async (
    cdnFolder: string,
  ): Promise<{ owner: Owner; embed: (...args: string[]) => ReturnType<typeof place.run> }> => {
    const aside = await startAside({ boot: { cdnFolder }, env: { ASIDE_PUBLIC_URL: 'https://chat.example' } })
    servers.push(aside)
    const owner = await aside.owner()
    const env = { ASIDE_URL: aside.url, ASIDE_KEY: owner.secret }
    return { owner, embed: (...args) => place.run(['embed', ...args], { env }) }
  }
  afterAll(() => Promise.all(servers.map((it) => it.stop())))

  let good: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => void (good = await serve(built(integrity))))

  test('prints a tag that names one build and its hash', async () => {
    const { code, stdout, stderr } = await good.embed('Shop')
    expect(code, stderr).toBe(0)
    expect(stdout).toBe(
      `<script src="https://chat.example/cdn/v0.1.0/embed.js" integrity="${integrity}" crossorigin="anonymous" data-app="${good.owner.app.id}" async></script>\n`,
    )
    expect(stderr).toBe('')
  })

  test('prints one that updates by itself when asked to, without a hash', async () => {
    const { json } = await good.embed('--floating', 'latest', '--json')
    expect(json()).toEqual({
      appId: good.owner.app.id,
      version: '0.1.0',
      src: 'https://chat.example/cdn/latest/embed.js',
      html: `<script src="https://chat.example/cdn/latest/embed.js" data-app="${good.owner.app.id}" async></script>`,
    })
    expect(await good.embed('--floating', 'v99')).toMatchObject({ code: 1, stdout: '' })
    expect(await good.embed('--floating', '../x')).toMatchObject({ code: 2, stdout: '' })
  })

  test('prints no tag that could not work: a widget that was not built, or is not what its hash says', async () => {
    const none = await (await serve(place.folder({ 'readme.txt': '' }))).embed()
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toMatch(/not built – npm run build/)
    const other = await (await serve(built('sha384-AAAA'))).embed()
    expect(other).toMatchObject({ code: 1, stdout: '' })
    expect(other.stderr).toContain('is not what integrity.json says')
  })
})
