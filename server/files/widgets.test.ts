import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseWidget, listAudit, readApp, readWidget, runChecks, updateApp, type WidgetChoice } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { send } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'
import { type BuildShop, createBuildShop } from '../testing/widget-builds.ts'
import { publish } from './cdn-folder.ts'
import { versionFor } from './widgets.ts'

describe('the share of a roll-out', () => {
  const app = (percent: number, version = 'v0.2') => ({
    id: 'app_1',
    widget: { version: 'v0.1', next: { version, percent } },
  })
  const browsers = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}\nBrowser ${i % 7}\nen`)
  const among = (percent: number, version?: string) =>
    new Set(browsers.filter((it) => versionFor(app(percent, version), it) !== 'v0.1'))

  it.for([0, 1, 10, 50, 90, 100])('is %s % of the browsers', (percent) => {
    const expected = (percent / 100) * 2_000
    // Four standard deviations of 2 000 throws: none at 0 and 100.
    const slack = 4 * Math.sqrt(2_000 * (percent / 100) * (1 - percent / 100))
    expect(Math.abs(among(percent).size - expected)).toBeLessThanOrEqual(slack)
  })

  it('keeps who was in it when it grows, and draws others for another version', () => {
    const [few, more] = [among(10), among(40)]
    expect([...few].every((it) => more.has(it))).toBe(true)
    const again = [...few].filter((it) => among(10, 'v0.3').has(it)).length
    expect(again).toBeLessThan(few.size / 2)
  })

  it('is drawn anew each time for a browser of which nothing can be told', () => {
    const drawn = Array.from({ length: 2_000 }, () => versionFor(app(50), undefined))
    expect(Math.abs(drawn.filter((it) => it === 'v0.2').length - 1_000)).toBeLessThan(150)
  })
})

describe.for(stores)('the widget of an app, on %s', (store) => {
  let shop: BuildShop
  let aside: Aside
  let owner: Owner
  let laterMs = 0
  const lines: string[] = []
  beforeAll(async () => {
    shop = createBuildShop()
    for (const version of ['0.1.0', '0.1.1', '0.2.0']) await publish({ from: shop.build(version), folder: shop.cdn })
    aside = await startAside({
      store,
      boot: { edge: { now: () => Date.now() + laterMs } },
      env: { ASIDE_CDN_DIR: shop.cdn },
      log: (line) => void lines.push(line),
    })
    owner = await aside.owner()
  })
  afterAll(async () => {
    await aside?.stop()
    shop?.clean()
  })

  const params = () => ({ params: { appId: owner.app.id }, query: {} })
  const choose = (body: WidgetChoice) => owner.client.call(chooseWidget, { ...params(), body })
  /** Which version the frame loads, for a browser of this name. */
  const loads = async (browser = 'Firefox', headers: Record<string, string> = {}) => {
    const reply = await send(`${aside.url}/embed/${owner.app.id}`, { headers: { 'user-agent': browser, ...headers } })
    const [script, style] = [/src="\/cdn\/(v[^/]+)\/frame.js"/, /href="\/cdn\/(v[^/]+)\/frame.css"/].map(
      (it) => it.exec(reply.text)?.[1],
    )
    expect(style).toBe(script)
    expect(reply.headers['set-cookie']).toBeUndefined()
    return script
  }

  it('is the newest, where nothing was chosen', async () => {
    expect(await owner.client.call(readWidget, params())).toEqual({
      version: 'latest',
      serves: { version: '0.2.0' },
      gone: [],
      available: ['latest', 'v0', 'v0.2', 'v0.1', 'v0.2.0', 'v0.1.1', 'v0.1.0'],
    })
    expect(await loads()).toBe('v0.2.0')
  })

  it('is what was chosen, at once and from then on; the configuration has nothing to do with it', async () => {
    const live = (await owner.client.call(readApp, params())).live
    for (const [version, exact] of [
      ['v0.1', 'v0.1.1'],
      ['v0.1.0', 'v0.1.0'],
      ['v0', 'v0.2.0'],
    ] as const) {
      expect((await choose({ version })).serves).toEqual({ version: exact.slice(1) })
      expect(await loads()).toBe(exact)
    }
    expect((await owner.client.call(readApp, params())).live).toEqual(live)
    const { entries } = await owner.client.call(listAudit, { query: { action: 'app.widget_chosen' } })
    expect(entries[0]).toMatchObject({ target: owner.app.id, detail: { widget: 'v0', before: 'v0.1.0' } })
  })

  it('is another one for a share of the visitors, always the same ones, until it is taken back', async () => {
    const browsers = Array.from({ length: 60 }, (_, i) => `Browser ${i}`)
    const all = () => Promise.all(browsers.map((it) => loads(it)))
    await choose({ version: 'v0.1', next: { version: 'v0.2', percent: 50 } })
    const first = await all()
    expect(new Set(first)).toEqual(new Set(['v0.1.1', 'v0.2.0']))
    expect(await all()).toEqual(first)
    // The path of the page says nothing, and neither does a cookie.
    expect(await loads('Browser 1', { cookie: 'aside=1', referer: 'https://shop.example/a' })).toBe(first[1])
    await choose({ version: 'v0.1', next: { version: 'v0.2', percent: 100 } })
    expect(new Set(await all())).toEqual(new Set(['v0.2.0']))
    await choose({ version: 'v0.1', next: { version: 'v0.2', percent: 0 } })
    expect(new Set(await all())).toEqual(new Set(['v0.1.1']))
    await choose({ version: 'v0.1', next: { version: 'v0.2', percent: 50 } })
    expect(await choose({ version: 'v0.1' })).not.toHaveProperty('next')
    expect(new Set(await all())).toEqual(new Set(['v0.1.1']))
  })

  it('is no version there is not: the refusal says which there are, and nothing changes', async () => {
    const before = await owner.client.call(readWidget, params())
    for (const body of [{ version: 'v9' }, { version: 'v0.1', next: { version: 'v0.1.7', percent: 5 } }])
      await expect(choose(body)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('there is latest, v0, v0.2, v0.1, v0.2.0, v0.1.1, v0.1.0'),
      })
    for (const version of ['1', 'newest', '../etc', 'v1.2.3.4', 'v0.1 '])
      await expect(choose({ version })).rejects.toMatchObject({ code: 'invalid_input' })
    for (const percent of [-1, 101, 1.5])
      await expect(choose({ version: 'v0', next: { version: 'v0', percent } })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    expect(await owner.client.call(readWidget, params())).toEqual(before)
  })

  it('is held to the state it was decided about', async () => {
    const stale = (await owner.client.open(readWidget, params())).headers.get('etag')!
    await owner.client.call(updateApp, { ...params(), body: { name: 'Another name' } })
    const late = owner.client.open(
      chooseWidget,
      { ...params(), body: { version: 'v0' } },
      { headers: { 'if-match': stale } },
    )
    await expect(late).rejects.toMatchObject({ code: 'precondition_failed' })
  })

  it('is the next best where its version has gone, which is logged once and told to the operator', async () => {
    await choose({ version: 'v0.1.0', next: { version: 'v0.2.0', percent: 0 } })
    rmSync(join(shop.cdn, 'v0.1.0'), { recursive: true })
    laterMs += 2_000
    lines.length = 0
    for (const browser of ['a', 'b', 'c']) expect(await loads(browser)).toBe('v0.2.0')
    expect(lines.filter((it) => it.includes('widget-version-gone'))).toHaveLength(1)
    expect(lines[0]).toContain('v0.1.0')
    expect((await owner.client.call(readWidget, params())).gone).toEqual(['v0.1.0'])
    const { checks } = await aside.operator.call(runChecks, {})
    expect(checks.find((it) => it.name === 'widget version')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/is to get v0\.1\.0 of the widget, which is not in .*: it gets v0\.2\.0/),
    })
    // Whoever takes the share back need not know that.
    expect(await choose({ version: 'v0.1.0' })).toMatchObject({ gone: ['v0.1.0'], serves: { version: '0.2.0' } })
    await choose({ version: 'v0.1' })
    expect((await aside.operator.call(runChecks, {})).checks.map((it) => it.name)).not.toContain('widget version')
  })
})
