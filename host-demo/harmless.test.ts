import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { updateApp } from '@aside/protocol'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser, lacks } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'
import type { WatchedPage } from './testing/watched-page.ts'

interface Attack {
  name: string
  /** Before anything of the page runs, in every frame. */
  before?: () => void
  /** Of the page, before the tag. */
  html?: string
  /** What has to withstand it, if not every way. */
  of?: 'tag'
  /** By a browser that cannot be driven through it. */
  isSkipped?: boolean
}

const attacks: Attack[] = [
  {
    name: 'whose Object.prototype has properties more, that are found when an object is walked',
    before: () => void Object.assign(Object.prototype, { polluted: 'x', url: 'https://thief.example', html: '<b>' }),
  },
  {
    name: 'whose Object.prototype has the name of an attribute',
    before: () => void Object.assign(Object.prototype, { open: 'x' }),
  },
  {
    // `get`, `set`, `value` and `writable` are those of every property that is defined: there Vue and the language itself end.
    name: 'whose Object.prototype has the names of what is asked for, of who asks, and of how to listen',
    before: () => {
      const asked = ['token', 'getToken', 'identity', 'body', 'headers', 'query', 'params', 'method']
      const mounted = ['open', 'position', 'launcher', 'mode', 'consent', 'theme', 'locale', 'widgets', 'q']
      const listening = ['signal', 'capture', 'passive', 'steal', 'ifAvailable']
      if (window.parent !== window) return
      for (const name of [...asked, ...mounted, ...listening]) Reflect.set(Object.prototype, name, 'x')
    },
    isSkipped: lacks('typing on a page that meddles with all objects'),
  },
  {
    // Vue asks for them itself: `once` of what it watches, `data` of a component.
    name: 'whose Object.prototype has the names of what others ask for',
    before: () =>
      void (window.parent === window && Object.assign(Object.prototype, { once: 'x', data: 'x', value: 'x', id: 'x' })),
    of: 'tag',
  },
  {
    name: 'whose Object.prototype has a setter that swallows',
    before: () =>
      void Object.defineProperty(Object.prototype, 'polluted', { get: () => 1, set: () => {}, configurable: true }),
  },
  {
    name: 'whose Array.prototype has a function more',
    before: () => void Object.assign(Array.prototype, { last: () => undefined, polluted: 1 }),
  },
  {
    name: 'whose elements have names of the document',
    html: '<img name="currentScript" alt=""><form name="body"></form><form name="documentElement"></form>',
  },
  {
    // Vue asks the document itself: there nobody else can do anything.
    name: 'whose elements have names of methods of the document',
    html: '<img name="createElement" alt=""><img name="querySelector" alt="">',
    of: 'tag',
  },
  {
    name: 'whose elements have names of the window',
    html: '<form id="Aside" name="Aside"><input name="apps"><input name="q"></form><a id="apps" href="x"></a><a id="chat"></a>',
  },
  {
    name: 'in an old WebView without a visual viewport',
    before: () => void Object.defineProperty(window, 'visualViewport', { value: null }),
  },
  {
    name: 'whose storage is blocked',
    before: () => {
      const get = () => {
        throw new DOMException('blocked', 'SecurityError')
      }
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
        Object.defineProperty(window, name, { get, configurable: true })
    },
  },
  { name: 'that has no body yet when it runs', html: 'head' },
]

/** The page every browser begins with is none, and has no icon. */
const troublesOf = ({ troubles }: WatchedPage) => troubles.filter((it) => !it.includes('status of 404'))

describe.skipIf(!findBrowser())('a chat on a page', () => {
  let demo: Demo
  let pages: Server
  let origin = ''
  /** What the page is, by its path. */
  const bodies = new Map<string, { html: string; headers: Record<string, string> }>()

  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
    pages = createServer((request, response) => {
      const { html, headers } = bodies.get(request.url ?? '') ?? { html: '', headers: {} }
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers })
      response.end(`<!doctype html><title>A page</title><link rel="icon" href="data:,">${html}`)
    }).listen(0, '127.0.0.1')
    await once(pages, 'listening')
    origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
    const { id, tenantId } = demo.seeded.app
    const given = {
      params: { appId: id },
      query: { tenantId },
      body: { allowedOrigins: [demo.site.url, origin] },
    }
    await demo.server.operator.call(updateApp, given)
  })
  afterAll(async () => {
    await demo?.close()
    pages?.close()
    pages?.closeAllConnections()
  })

  const tag = (more = '') =>
    `<script src="${demo.server.url}/cdn/latest/embed.js" data-app="${demo.seeded.app.id}" ${more}></script>`

  async function visit(html: string, before?: () => void, options?: BrowserContextOptions): Promise<WatchedPage> {
    const path = `/${bodies.size}`
    bodies.set(path, { html, headers: {} })
    const watched = await demo.visit('/config.json', options)
    watched.troubles.splice(0)
    if (before) await watched.context.addInitScript(before)
    watched.context.setDefaultTimeout(8_000)
    await watched.page.goto(`${origin}${path}`)
    return watched
  }

  async function converse(chat: Chat): Promise<void> {
    await chat.open()
    await chat.ask(tagQuestion)
    expect(await chat.answered()).toContain(tagSentence)
  }

  const element = () =>
    `<script type="module" src="${demo.server.url}/cdn/latest/aside-chat.js"></script>
    <aside-chat app-id="${demo.seeded.app.id}" mode="floating"></aside-chat>`

  const mounted = () => `<script type="module">
    const remote = await import('${demo.server.url}/cdn/latest/remoteEntry.js')
    await remote.init({})
    const { mount } = (await remote.get('./mount'))()
    mount(document.body, { baseUrl: '${demo.server.url}', appId: '${demo.seeded.app.id}' })
  </script>`

  const ways = [
    { way: 'tag', put: tag, find: (page: Page) => chatOfTag(page) },
    { way: 'element', put: element, find: (page: Page) => chatOnPage(page) },
    { way: 'mount', put: mounted, find: (page: Page) => chatOnPage(page) },
  ]

  for (const { way, put, find } of ways)
    for (const { name, before, html = '', isSkipped } of attacks.filter(({ of = way }) => of === way))
      it.skipIf(isSkipped)(`works, and says nothing, on a page ${name}: the ${way}`, async () => {
        const body = html === 'head' ? `<head>${put()}</head><body><p>A page</p></body>` : `<body>${html}${put()}`
        const watched = await visit(body, before)
        try {
          await converse(find(watched.page))
          expect(troublesOf(watched)).toEqual([])
        } finally {
          await watched.close()
        }
      })

  it.for(ways)(
    'fills the screen of a WebView of an app that stores nothing and shares nothing: the $way',
    async (it) => {
      const watched = await visit(
        `<meta name="viewport" content="width=device-width"><body>${it.put()}`,
        () => {
          const blocked = () => {
            throw new DOMException('blocked', 'SecurityError')
          }
          for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
            Object.defineProperty(window, name, { get: blocked, configurable: true })
          Object.defineProperty(window, 'visualViewport', { value: null })
          Object.defineProperty(window, 'BroadcastChannel', { value: undefined })
          Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
        },
        {
          viewport: { width: 390, height: 760 },
          isMobile: true,
          hasTouch: true,
          userAgent:
            'Mozilla/5.0 (Linux; Android 9; Pixel 3; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/118.0.0.0 Mobile Safari/537.36',
        },
      )
      const chat = it.find(watched.page)
      await converse(chat)
      expect(await chat.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 760 })
      await chat.button('Close chat').click()
      await chat.panel.waitFor({ state: 'hidden' })
      expect(troublesOf(watched)).toEqual([])
      await watched.close()
    },
  )

  it('moves nothing on the page, adds one name to it, and leaves no promise alone', async () => {
    const words = '<p>A page of many words.</p>'.repeat(60)
    const watched = await visit(`<body>${words}${tag('async')}`, () => {
      const shifts: number[] = []
      const rejected: string[] = []
      Object.assign(history, { shifts, rejected, names: Object.getOwnPropertyNames(window) })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push(Number(Reflect.get(entry, 'value')))
      }).observe({ type: 'layout-shift', buffered: true })
      addEventListener('unhandledrejection', ({ reason }) => rejected.push(String(reason)))
    })
    const { page } = watched
    await converse(chatOfTag(page))
    const found = await page.evaluate(() => ({
      shifts: Reflect.get(history, 'shifts'),
      rejected: Reflect.get(history, 'rejected'),
      names: Object.getOwnPropertyNames(window).filter(
        // What a test's driver brings along, and frames by their number.
        (name) => !Reflect.get(history, 'names').includes(name) && !/^\d+$|playwright|^__pw/.test(name),
      ),
    }))
    expect(found).toEqual({ shifts: [], rejected: [], names: ['Aside'] })
    expect(troublesOf(watched)).toEqual([])
    await watched.close()
  })

  it('is there again, and goes on, when its visitor comes back to the page', async () => {
    const watched = await visit(`<body><p>A page</p>${tag()}`)
    const { page } = watched
    const chat = chatOfTag(page)
    await converse(chat)
    await page.goto(`${demo.site.url}/config.json`)
    await page.goBack()
    await expect.poll(() => chat.answers.count()).toBe(1)
    await chat.ask(tagQuestion)
    expect(await chat.answered(2)).toContain(tagSentence)
    expect(troublesOf(watched)).toEqual([])
    await watched.close()
  })

  it('leaves the page usable, and says nothing, where the page is in a sandbox of no origin', async () => {
    const watched = await visit('')
    const { page } = watched
    const path = `/${bodies.size}`
    bodies.set(path, { html: `<body><button onclick="this.textContent='pressed'">Press</button>${tag()}`, headers: {} })
    await page.evaluate((src) => {
      document.body.innerHTML = `<iframe id="shop" sandbox="allow-scripts" src="${src}" width="600" height="500"></iframe>`
    }, path)
    const shop = page.frameLocator('#shop')
    await shop.getByRole('button', { name: 'Press' }).click()
    expect(await shop.getByRole('button', { name: 'pressed' }).count()).toBe(1)
    await shop.getByRole('button', { name: /^Chat/ }).click()
    // Nobody may frame the chat there: it gives up after a while, and the bubble says so.
    await shop.getByRole('button', { name: 'Chat Retry' }).waitFor({ timeout: 14_000 })
    expect(watched.troubles.filter((it) => it.startsWith('uncaught'))).toEqual([])
    await watched.close()
  })

  it('takes itself away where its server does not answer, and leaves the page usable', async () => {
    const watched = await visit(`<body><button onclick="this.textContent='pressed'">Press</button>${tag()}`)
    const { page, context } = watched
    await context.route('**/embed/**', () => {})
    await context.route('**/embed-port.js', (route) => route.abort())
    const bubble = page.getByRole('button', { name: /^Chat/ })
    await bubble.click()
    await page.getByRole('button', { name: 'Chat Retry' }).waitFor({ timeout: 14_000 })
    expect(await page.locator('iframe').count()).toBe(0)
    await page.getByRole('button', { name: 'Press' }).click()
    expect(await page.getByRole('button', { name: 'pressed' }).count()).toBe(1)

    // It is asked for again as soon as it is wanted.
    await context.unroute('**/embed/**')
    await context.unroute('**/embed-port.js')
    await converse(chatOfTag(page))
    // That a script could not be had every browser says by itself.
    const others = troublesOf(watched).filter((it) => !/embed-port|ERR_FAILED/.test(it))
    expect(others).toEqual([])
    await watched.close()
  })
})
