import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openPractice, type Practice, troubles } from '../testing/examined.ts'
import { findChromium } from './browser.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const isBuilt = existsSync(join(import.meta.dirname, '../../widget/dist/cdn/embed.js'))

describe.skipIf(!findChromium() || !isBuilt)('a page in a browser', () => {
  let practice: Practice
  beforeAll(async () => {
    practice = await openPractice({}, true)
  })
  afterAll(() => practice?.close())

  const look = (page: Parameters<Practice['examine']>[0]) => practice.examine(page, { inBrowser: true })

  it('draws the bubble, gets the chat in the frame ready, and may keep the session', async () => {
    const seen = await look(`<!doctype html><title>Shop</title>${practice.tag()}`)
    expect(troubles(seen)).toEqual([])
    const names = seen.checks.filter((it) => it.group === 'browser').map((it) => it.name)
    expect(names).toEqual(['launcher', 'frame', 'storage', 'console'])
    expect(troubles(await look(`<!doctype html><title>Shop</title>${practice.element()}`))).toEqual([])
  })

  it('finds a tag that only a script of the page puts there', async () => {
    const src = `${practice.between.url}/cdn/latest/embed.js`
    const body = `<!doctype html><body><script>
      const tag = document.createElement('script')
      tag.src = '${src}'
      tag.dataset.app = '${practice.appId}'
      document.body.append(tag)
    </script>`
    expect(troubles(await practice.examine(body))).toMatchObject([{ name: 'tag', status: 'fail' }])
    const seen = await look(body)
    expect(troubles(seen)).toEqual([])
    expect(seen.ways).toEqual(['tag'])
  })

  it('finds a federated remote that the page’s own build imports', async () => {
    const { url } = practice.between
    const body = `<!doctype html><title>Shop</title><script type="module">
      const remote = await import('${url}/cdn/latest/remote' + 'Entry.js')
      await remote.init({})
      const { mount } = (await remote.get('./mount'))()
      mount(document.body, { baseUrl: '${url}', appId: '${practice.appId}' })
    </script>`
    expect(troubles(await practice.examine(body))).toMatchObject([{ name: 'tag', status: 'fail' }])
    const seen = await look(body)
    expect(troubles(seen)).toEqual([])
    expect(seen.ways).toEqual(['federated'])
  })

  it('agrees with what was read from the page’s policy', async () => {
    const headers = { 'content-security-policy': "default-src 'none'; script-src *" }
    const found = troubles(await look({ headers, body: `<!doctype html><title>Shop</title>${practice.tag()}` }))
    expect(found.map((it) => [it.group, it.name])).toEqual([
      ['page', 'policy for the script tag'],
      ['browser', 'frame'],
      ['browser', 'console'],
    ])
    expect(found.at(-1)?.detail).toMatch(/frame-src|default-src/)
  })
})
