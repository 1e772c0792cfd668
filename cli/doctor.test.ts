import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ORIGIN, startAside } from '@aside/server/testing/aside'
import { hasWidget } from './commands/embed.ts'
import { createPlace } from './testing/command.ts'
import { openPractice, type Practice } from './testing/examined.ts'
import { openShop } from './testing/shop.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** Of the working copy: some have built it, some have not. */
const built = join(import.meta.dirname, '../widget/dist/cdn/integrity.json')
const toBuild = expect.stringContaining('npm run build, then start the server again')

describe('aside doctor <page-url>', () => {
  let practice: Practice
  beforeAll(async () => {
    practice = await openPractice()
  })
  afterAll(() => practice?.close())

  const run = (...args: string[]) => practice.place.run(['doctor', ...args])
  const page = () => `${practice.shop.url}/help`

  it('says what is well, in groups, and ends with 0', async () => {
    practice.shop.serve({ body: practice.tag() })
    const { code, stdout, stderr } = await run(page())
    expect([code, stderr]).toEqual([0, expect.stringContaining('heartbeat')])
    expect(stdout).toMatch(/^page\n {2}ok {3}reply: .*\n[^]*^app\n {2}ok[^]*^stream\n {2}ok/m)
    expect(stdout).not.toMatch(/FAIL|warn/)
    const json = await run(page(), '--json', '--timeout', '5')
    expect(json.code).toBe(0)
    expect(json.json()).toMatchObject({
      ok: true,
      url: page(),
      origin: practice.shop.url,
      ways: ['tag'],
      checks: expect.arrayContaining([{ group: 'page', name: 'reply', status: 'ok', detail: expect.any(String) }]),
    })
  })

  it('ends with 1 where something stands in the way, and says what to do', async () => {
    practice.shop.serve({ body: practice.tag() })
    const { code, stdout } = await run(page(), '--origin', 'https://other.example')
    expect(code).toBe(1)
    expect(stdout).toContain(`→ aside origin add ${practice.appId} https://other.example`)
    const json = await run(page(), '--origin', 'https://other.example', '--json')
    expect([json.code, json.json()]).toMatchObject([1, { ok: false }])
  })

  it('ends with 2 for what makes no sense, and asks nobody', async () => {
    for (const args of [
      ['shop'],
      ['ftp://shop.example/'],
      ['file:///etc/passwd'],
      [page(), '--origin', 'shop.example'],
      [page(), '--origin', 'https://shop.example/'],
      [page(), '--timeout', '0'],
      [page(), '--timeout', 'soon'],
      ['--origin', 'https://shop.example'],
      ['--browser'],
    ])
      expect(await run(...args)).toMatchObject({ code: 2, stdout: '' })
  })

  it('ends with 3 where the page cannot be reached, goes in circles, leads out of the web, or says nothing', async () => {
    expect(await run('http://127.0.0.1:1/')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('cannot be reached'),
    })
    practice.shop.serve({ status: 302, headers: { location: '/again' } })
    expect(await run(page())).toMatchObject({ code: 3, stderr: expect.stringContaining('in circles') })
    practice.shop.serve({ status: 302, headers: { location: 'file:///etc/passwd' } })
    expect(await run(page())).toMatchObject({ code: 3, stderr: expect.stringContaining('only pages of the web') })
    const silent = createServer(() => {})
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    expect(await run(`http://127.0.0.1:${port}/`, '--timeout', '1')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no answer in time'),
    })
    silent.close()
    silent.closeAllConnections()
  })

  it('shows what a stranger’s page says, and does not let it speak to the terminal', async () => {
    practice.shop.serve({ body: `<script src="/embed.js" data-app="\u001b]0;mine\u0007\u001b[2Japp"></script>` })
    const { code, stdout } = await run(page())
    expect(code).toBe(1)
    expect(stdout).toContain(']0;mine[2Japp is no app id')

    expect(stdout).not.toMatch(/[\u0007\u001b]/)
  })

  it('tells the tag that is missing, of an app it is given, with a key or from the store here', async () => {
    practice.shop.serve({ body: '<p>Nothing yet</p>' })
    const { code, stdout } = await run(
      page(),
      '--app',
      practice.appId,
      '--url',
      practice.aside.url,
      '--key',
      practice.owner.secret,
    )
    expect(code).toBe(1)
    expect(stdout).toContain(
      `→ put this into the page: <script src="${practice.between.url}/cdn/latest/embed.js" data-app="${practice.appId}" async></script>`,
    )
    expect(stdout).toMatch(/^ {2}ok {3}app: Shop may be used on/m)
    expect(await run(page(), '--app', 'Shop')).toMatchObject({ code: 1, stderr: expect.stringContaining('no app') })
  })
})

describe('aside doctor', () => {
  const place = createPlace()
  afterAll(() => place.clean())
  const file = join(place.dataDir, 'aside.db')
  interface Report {
    ok: boolean
    checks: { group: string; name: string; status: string; detail: string; fix?: string }[]
  }
  const look = async (env: Record<string, string> = {}) => {
    const { code, json } = await place.run(['doctor', '--json'], { env })
    const { ok, checks } = json() as Report
    expect([typeof ok, code]).toEqual(['boolean', ok ? 0 : 1])
    return (name: string) => checks.find((it) => it.name === name)
  }

  it('says the same of the machine as of a page, in one shape, with a look through the store’s file', async () => {
    await place.run(['tenant', 'create', 'Acme'])
    const check = await look()
    expect(check('node')).toEqual({ group: 'machine', name: 'node', status: 'ok', detail: expect.any(String) })
    expect(check('file')).toMatchObject({ status: 'ok', detail: expect.stringContaining(`${file}, `) })
    expect(check('widget')).toMatchObject(
      existsSync(built) ? { status: 'ok' } : { status: 'fail', fix: expect.stringContaining('start the server again') },
    )
    expect((await place.run(['doctor'])).stdout).toMatch(/^machine\n {2}ok {3}node: .*\n[^]*^server\n {2}ok/m)
  })

  it('finds a page of the file that is damaged', async () => {
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 4_096 * 5, 4_096 * 9)
    writeFileSync(file, bytes)
    const damaged = (await look())('file')
    expect(damaged).toMatchObject({ status: 'fail', fix: expect.stringContaining('aside restore') })
  })

  it.for(['/proc/aside', '/etc/passwd', '/etc/passwd/data'])(
    'refuses the data folder %s in one line',
    async (folder) => {
      const env = { ASIDE_DATA_DIR: folder }
      expect((await look(env))('folder')).toMatchObject({ status: 'fail', fix: expect.stringContaining('--data-dir') })
      for (const args of [['tenant', 'list'], ['serve', '--port', '0'], ['migrate']])
        expect(await place.run(args, { env })).toMatchObject({
          code: 3,
          stdout: '',
          stderr: expect.stringMatching(/^aside: The folder \S+ cannot be made: .*\n$/),
        })
    },
  )
})

it('says of a server without a widget that it is to be built, on its machine and from a page', async () => {
  const place = createPlace()
  const aside = await startAside({ boot: { cdnFolder: place.folder({ 'readme.txt': '' }) } })
  const shop = await openShop()
  try {
    const { app } = await aside.owner()
    shop.serve({ body: `<script src="${aside.url}/cdn/latest/embed.js" data-app="${app.id}" async></script>` })
    const { code, json } = await place.run(['doctor', shop.url, '--origin', ORIGIN, '--timeout', '2', '--json'])
    expect([code, json()]).toMatchObject([
      1,
      { checks: expect.arrayContaining([expect.objectContaining({ name: 'script', fix: toBuild })]) },
    ])
    const serving = place.start(['serve', '--port', '0', '--json'])
    await serving.says('"widget":')
    expect(JSON.parse(serving.stdout())).toMatchObject({ widget: existsSync(built) })
    expect(await hasWidget(aside.url)).toBe(false)
    const plain = createPlace()
    const people = plain.start(['serve', '--port', '0'])
    await people.says('Ctrl-C')
    expect(people.stdout().includes('not built, so no page gets one: npm run build')).toBe(!existsSync(built))
    await plain.clean()
  } finally {
    await shop.stop()
    await aside.stop()
    await place.clean()
  }
})
