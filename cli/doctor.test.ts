import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openPractice, type Practice } from './testing/examined.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

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
      checks: expect.any(Array),
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
