import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findChromium } from './testing/chromium.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'
import type { WatchedPage } from './testing/watched-page.ts'

interface Attack {
  name: string
  /** Before anything of the page runs. */
  before?: () => void
  /** Of the page, before the tag. */
  html?: string
}

const attacks: Attack[] = [
  {
    name: 'whose Object.prototype has a property more, that is found when an object is walked',
    before: () => void Object.assign(Object.prototype, { polluted: 'x', open: 'x', token: 'x', url: 'https://thief.example' }),
  },
  {
    name: 'whose Object.prototype has a getter that throws and a setter that swallows',
    before() {
      const get = () => {
        throw new Error('polluted')
      }
      Object.defineProperty(Object.prototype, 'handler', { get, set: () => {}, configurable: true })
      Object.defineProperty(Object.prototype, 'swallowed', { set: () => {}, configurable: true })
    },
  },
  {
    name: 'whose Array.prototype has a function more',
    before: () => void Object.assign(Array.prototype, { last: () => undefined, polluted: 1 }),
  },
  {
    name: 'whose elements have the names the tag looks for',
    html: `<form id="Aside" name="Aside"><input name="apps"><input name="q"></form><a id="apps" href="x"></a>
      <img name="currentScript" alt=""><form name="body"></form><form id="visualViewport"></form><a id="chat"></a>`,
  },
  {
    name: 'in an old WebView without a visual viewport',
    before: () => void Object.defineProperty(window, 'visualViewport', { value: null }),
  },
  {
    name: 'whose storage is blocked',
    before() {
      const get = () => {
        throw new DOMException('blocked', 'SecurityError')
      }
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
        Object.defineProperty(window, name, { get, configurable: true })
    },
  },
  { name: 'that has no body yet when the tag runs', html: 'head' },
]

describe.skipIf(!findChromium())('a chat on a page', () => {
  let demo: Demo
  let pages: Server
  let html = ''
  /** A page of the test's own, where the shop is: `html` is what is there before the tag. */
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  const tag = () =>
    `<script src="${demo.server.url}/cdn/latest/embed.js" data-app="${demo.seeded.app.id}"></script>`

  async function visit(html: string, before?: () => void): Promise<WatchedPage> {
    const watched = await demo.visit('/config.json')
    watched.troubles.splice(0)
    if (before) await watched.context.addInitScript(before)
    await watched.context.route('**/a-page', (route) =>
      route.fulfill({ contentType: 'text/html; charset=utf-8', body: `<!doctype html><title>A page</title>${html}` }),
    )
    await watched.page.goto(`${demo.site.url}/a-page`)
    const own = watched.troubles.filter((it) => !it.includes('favicon') && !it.includes('404'))
    watched.troubles.splice(0, Infinity, ...own)
    return watched
  }

  async function converse(page: Page): Promise<void> {
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(tagQuestion)
    expect(await chat.answered()).toContain(tagSentence)
  }

  it.for(attacks)('works, and says nothing, on a page $name', async ({ before, html = '' }) => {
    const body = html === 'head' ? `<html><head>${tag()}</head><body><p>A page</p></body></html>` : `<body>${html}${tag()}`
    const watched = await visit(body, before)
    await converse(watched.page)
    expect(watched.troubles).toEqual([])
    await watched.close()
  })
})
