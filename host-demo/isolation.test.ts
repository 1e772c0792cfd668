import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser, lacks } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion } from './testing/documents.ts'

/** Everything about an element that a stranger's style sheet could have changed, for the whole tree under `root`. */
const look = (root: ShadowRoot): string[] =>
  [...root.querySelectorAll('*:not(style)')].map((element) => {
    const style = getComputedStyle(element)
    const seen = ['color', 'background-color', 'font-family', 'font-size', 'font-weight', 'line-height']
    seen.push('letter-spacing', 'text-transform', 'text-align', 'direction', 'visibility', 'opacity', 'display')
    seen.push('border-top-width', 'border-radius', 'padding', 'margin', 'transform', 'fill', 'list-style-type')
    return `${element.localName}.${element.classList.value} ${seen.map((name) => style.getPropertyValue(name)).join('|')}`
  })

/** What a page has, as far as a script could have left something behind. */
const inventory = (): Record<string, unknown> => ({
  html: document.documentElement.outerHTML.replace(/<script[^>]*>[^<]*<\/script>/g, '').replace(/>\s+</g, '><'),
  // Vue and the federation leave a mark of their own when they are loaded, and a module cannot be unloaded.
  globals: Object.getOwnPropertyNames(window)
    .filter((name) => !/^\d+$|^__VUE|^__federation_shared__$/.test(name))
    .sort(),
  sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
  stored: [...Object.keys(sessionStorage)],
  fonts: getComputedStyle(document.body).font,
})

const untold = lacks('the listeners of a page')

/** What scripts of the page listen to, on what outlives a widget. Playwright's own listeners come from no address. */
async function listeners(page: Page): Promise<Record<string, string[]>> {
  if (untold) return {}
  const session = await page.context().newCDPSession(page)
  const addresses = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ scriptId, url }) => addresses.set(scriptId, url))
  await session.send('Debugger.enable')
  const found: Record<string, string[]> = {}
  for (const target of ['window', 'document', 'document.body', 'visualViewport', 'document.documentElement']) {
    const { result } = await session.send('Runtime.evaluate', { expression: target })
    const { listeners } = await session.send('DOMDebugger.getEventListeners', { objectId: result.objectId ?? '' })
    found[target] = listeners.filter((it) => addresses.get(it.scriptId)?.startsWith('http')).map(({ type }) => type)
  }
  await session.detach()
  return found
}

/** Text, for what is written here is changed by the test runner, and not for browsers. */
async function runModule(page: Page, code: string): Promise<void> {
  const script = await page.addScriptTag({ type: 'module', content: `${code}\ndocument.currentModule = 'done'` })
  await page.waitForFunction(() => Reflect.get(document, 'currentModule') === 'done')
  await page.evaluate(() => Reflect.deleteProperty(document, 'currentModule'))
  await script.evaluate((element) => (element as HTMLElement).remove())
}

describe.skipIf(!findBrowser())('page and chat leave each other alone', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it('looks the same on a page whose styles attack it', async () => {
    const looks: string[][] = []
    for (const path of ['/federated-plain', '/hostile-css']) {
      const { page, close } = await demo.visit(path)
      const chat = chatOnPage(page, path === '/hostile-css' ? 'aside-chat' : 'body')
      await chat.open()
      await chat.ask(tagQuestion)
      await chat.answered()
      await chat.panel.locator('.sources').waitFor()
      // The focus and the pointer leave traces of their own.
      await page.mouse.move(600, 5)
      await page.waitForTimeout(400)
      const root = chat.panel.locator('xpath=..')
      looks.push(
        await root.evaluate((element, read) => Function(`return (${read})`)()(element.getRootNode()), String(look)),
      )
      expect(await chat.panel.boundingBox()).toMatchObject({ width: 360, height: 480 })
      await close()
    }
    expect(looks[0]!.length).toBeGreaterThan(40)
    const [plain, hostile] = looks.map((it) => it.map((line) => line.replace(/\b(left|right)\b/g, 'side')))
    const strange = plain!.flatMap((line, index) =>
      line === hostile![index] ? [] : [`${line}  →  ${hostile![index]}`],
    )
    expect(strange.slice(0, 5)).toEqual([])
    expect(hostile!.length).toBe(plain!.length)
  })

  const mountings = [
    {
      way: 'the script tag',
      path: '/script-tag',
      async begin(page: Page, server: string, app: string) {
        await page.evaluate(
          ([src, id]) => {
            for (const old of document.querySelectorAll('script[src*="embed.js"]')) old.remove()
            const script = document.createElement('script')
            Object.assign(script, { src })
            script.dataset['app'] = id!
            document.body.append(script)
            return new Promise((resolve) => script.addEventListener('load', resolve))
          },
          [`${server}/cdn/latest/embed.js`, app],
        )
      },
      find: (page: Page) => chatOfTag(page),
      end: (page: Page) =>
        page.evaluate(() => {
          const { widgets } = (window as unknown as { Aside: { widgets: Record<string, { destroy(): void }> } }).Aside
          for (const shim of Object.values(widgets)) shim.destroy()
          for (const script of document.querySelectorAll('script[src*="embed.js"]')) script.remove()
        }),
    },
    {
      way: 'the federated mount',
      path: '/federated-plain',
      async begin(page: Page, server: string, app: string) {
        await runModule(
          page,
          `const remote = await import('${server}/cdn/latest/remoteEntry.js')
          await remote.init({})
          const { mount } = (await remote.get('./mount'))()
          history.chat = mount(document.body, { baseUrl: '${server}', appId: '${app}' })`,
        )
      },
      find: (page: Page) => chatOnPage(page),
      end: (page: Page) =>
        page.evaluate(() => {
          Reflect.get(history, 'chat').destroy()
          Reflect.deleteProperty(history, 'chat')
        }),
    },
    {
      way: 'the element',
      path: '/hostile-css',
      async begin(page: Page, server: string, app: string) {
        await runModule(
          page,
          `await import('${server}/cdn/latest/aside-chat.js')
          document.body.insertAdjacentHTML('beforeend', '<aside-chat id="late" app-id="${app}" mode="floating"></aside-chat>')`,
        )
      },
      find: (page: Page) => chatOnPage(page, '#late'),
      end: (page: Page) => page.evaluate(() => document.querySelector('#late')?.remove()),
    },
  ]

  it.for(mountings)('leaves nothing behind when it is taken away: $way', async ({ path, begin, find, end }) => {
    // A page that is not from where it says may ask nobody at home, says Chromium, without this.
    const { page, context, close } = await demo.visit('/config.json', { permissions: ['local-network-access'] })
    // The page as it is without a chat. Its scripts are left out, not refused: Firefox asks for no module a second time.
    await context.route(`**${path}`, async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace(/<script\b[\s\S]*?<\/script>/g, '')
      await route.fulfill({ response, body })
    })
    await page.goto(`${demo.site.url}${path}`)
    await page.evaluate(() => document.querySelectorAll('aside-chat').forEach((it) => it.remove()))
    const before = { ...(await page.evaluate(inventory)), listeners: await listeners(page) }
    await context.unroute(`**${path}`)

    const streams = new Set<Request>()
    page.on('request', (request) => request.url().includes('/v1/events') && streams.add(request))
    page.on('requestfinished', (request) => streams.delete(request))
    page.on('requestfailed', (request) => streams.delete(request))
    await begin(page, demo.server.url, demo.seeded.app.id)
    const chat = find(page)
    await chat.open()
    await chat.ask(tagQuestion)
    await chat.answered()
    if (!untold) expect(await listeners(page), 'what is looked for can be seen').not.toEqual(before.listeners)
    expect(streams.size).toBeGreaterThan(0)
    await end(page)
    await expect.poll(() => streams.size, { message: 'its event stream is closed' }).toBe(0)
    await page.waitForTimeout(300)

    expect((await page.evaluate(inventory))['globals']).not.toContain('Aside')
    const after = { ...(await page.evaluate(inventory)), listeners: await listeners(page) }
    expect(after).toEqual(before)
    await close()
  })
})
