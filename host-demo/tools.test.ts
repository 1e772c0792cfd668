import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AsideGlobal, ContextChange, Widget } from '../widget/sdk.ts'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import type { WatchedPage } from './testing/watched-page.ts'

/** How the tool of the page behaves. */
interface Kind {
  confirm?: string | false
  fails?: boolean
  takesMs?: number
}

const model = 'calls:find_order({"number":"LL-2048","express":true})'

/** Registers the tool, as a page would; what it was asked stands in `ran`. */
function register(page: Page, kind: Kind = {}): Promise<void> {
  return page.evaluate(async ({ confirm = 'Look up your order LL-2048', fails, takesMs = 0 }) => {
    interface Host {
      ran?: unknown[]
      chat?: Pick<Widget, 'registerTool'>
      Aside?: AsideGlobal
      registered?: Promise<unknown>
    }
    const host = window as unknown as Host
    const element = document.querySelector('aside-chat')
    if (element) await customElements.whenDefined('aside-chat')
    const ofTag = () => Object.values(host.Aside?.widgets ?? {})[0]
    const found = () => host.chat ?? (element as unknown as Host['chat'] | null) ?? ofTag()
    while (!found()) await new Promise((resolve) => setTimeout(resolve, 20))
    const ran = (host.ran ??= [])
    host.registered = found()?.registerTool({
      name: 'find_order',
      description: 'Finds an order of the visitor by its number.',
      parameters: {
        type: 'object',
        properties: { number: { type: 'string' }, express: { type: 'boolean' } },
        required: ['number'],
      },
      confirm,
      async handler(given: unknown) {
        ran.push(given)
        await new Promise((resolve) => setTimeout(resolve, takesMs))
        if (fails) throw new Error('The shop does not answer')
        return { state: 'on its way', days: 2 }
      },
    })
    // A tag hears of it when there is a chat, and fetches none for that.
    if (!ofTag()) await host.registered
  }, kind)
}
const ran = (page: Page) => page.evaluate(() => (window as unknown as { ran?: unknown[] }).ran ?? [])

const picture = async (page: Page, name: string) => {
  const folder = process.env['PICTURES']
  if (folder) await page.screenshot({ path: `${folder}/tools-${name}.png` })
}

describe.skipIf(!findBrowser())('something the page can do for the assistant', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model, config: { features: { tools: true } } })
  })
  afterAll(() => demo?.close())

  type Visit = WatchedPage & { chat: Chat }

  async function asked(kind?: Kind, options?: Parameters<Demo['visit']>[1]): Promise<Visit> {
    const visit = await demo.visit('/federated-plain', options)
    await register(visit.page, kind)
    const chat = chatOnPage(visit.page)
    await chat.open()
    await chat.input.fill('Where is my order?')
    await chat.button('Send').click()
    return { ...visit, chat }
  }
  const card = (chat: Chat) => chat.panel.locator('.tool')
  const said = (chat: Chat, text: string) => chat.panel.locator('.md').getByText(text).waitFor()

  it.for([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true }],
  ] as const)('is done once the visitor allows it, and the answer goes on (%s)', async ([look, options]) => {
    const { page, chat, troubles, close } = await asked({ takesMs: 400 }, options)
    await card(chat).getByText('Look up your order LL-2048').waitFor()
    expect(await card(chat).locator('dl').innerText()).toMatch(/number\s+LL-2048\s+express\s+true/)
    expect(await ran(page)).toEqual([])
    expect(await audit(page)).toEqual([])
    await page.waitForTimeout(300)
    await picture(page, `asked-${look}`)
    await chat.button('Allow').first().click()
    await card(chat).getByText('Working …').waitFor()
    await picture(page, `running-${look}`)
    await said(chat, 'on its way')
    await card(chat).getByText('Done').waitFor()
    await card(chat).getByText('What the assistant got').click()
    await picture(page, `done-${look}`)
    expect(await audit(page)).toEqual([])
    expect(await ran(page)).toEqual([{ number: 'LL-2048', express: true }])
    expect(troubles).toEqual([])
    await close()
  })

  it('is not done where the visitor does not allow it, by keyboard alone', async () => {
    const { page, chat, troubles, close } = await asked()
    await card(chat).waitFor()
    await chat.button('Don’t allow').focus()
    await page.keyboard.press('Enter')
    await said(chat, 'did not allow')
    await card(chat).getByText('Not allowed').waitFor()
    await picture(page, 'declined')
    expect(await ran(page)).toEqual([])
    expect(troubles).toEqual([])
    await close()
  })

  it('says why it failed, to the visitor and to the assistant', async () => {
    const { page, chat, troubles, close } = await asked({ fails: true })
    await chat.button('Allow').first().click()
    await said(chat, 'The shop does not answer')
    await card(chat).locator('.state', { hasText: 'The shop does not answer' }).waitFor()
    await picture(page, 'failed')
    expect(troubles).toEqual([])
    await close()
  })

  it('can be decided after a reload, once the page can do it again', async () => {
    const { page, chat, troubles, close } = await asked()
    await card(chat).waitFor()
    await page.reload()
    await page.waitForFunction(() => 'chat' in window)
    await chat.open()
    await card(chat).getByText('This page cannot do that at the moment.').waitFor()
    await picture(page, 'missing')
    await register(page)
    await chat.button('Allow').first().click()
    await said(chat, 'on its way')
    expect(await ran(page)).toHaveLength(1)
    expect(troubles).toEqual([])
    await close()
  })

  it('runs at once where the page says so, in one tab of several, and is shown', async () => {
    const visit = await demo.visit('/federated-plain')
    await register(visit.page, { confirm: false, takesMs: 300 })
    const chat = chatOnPage(visit.page)
    await chat.open()
    await chat.ask('Hello?')
    await said(chat, 'on its way')
    const other = await visit.context.newPage()
    await other.goto(visit.page.url())
    await register(other, { confirm: false, takesMs: 300 })
    await chatOnPage(other).open()
    await card(chatOnPage(other)).first().getByText('Done').waitFor()
    // Both tabs show the thread now, and both could do it.
    await chat.ask('Where is my order?')
    await expect.poll(() => chat.panel.locator('.md').getByText('on its way').count()).toBe(2)
    expect(await card(chat).last().innerText()).toContain('Finds an order of the visitor')
    expect([...(await ran(visit.page)), ...(await ran(other))]).toHaveLength(2)
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('is not done twice where the server could not be told what came of it', async () => {
    const { page, chat, close } = await asked()
    await page.route('**/v1/conversations/*/tools/*', (route) => route.abort())
    await chat.button('Allow').first().click()
    await card(chat).getByText('Working …').waitFor()
    await chat.button('Allow').first().waitFor()
    await page.unroute('**/v1/conversations/*/tools/*')
    await chat.button('Allow').first().click()
    await said(chat, 'on its way')
    expect(await ran(page)).toHaveLength(1)
    await close()
  })

  it('is registered on the element, too, and taken back', async () => {
    const { page, troubles, close } = await demo.visit('/element')
    await register(page)
    const chat = chatOnPage(page, 'aside-chat')
    await chat.ask('Where is my order?')
    await chat.button('Allow').first().click()
    await said(chat, 'on its way')
    expect(await ran(page)).toHaveLength(1)
    await page.evaluate(() => document.querySelector('aside-chat')?.unregisterTool('find_order'))
    await chat.ask('And now?')
    await said(chat, 'I can do nothing here.')
    expect(troubles).toEqual([])
    await close()
  })

  describe('of a page with a script tag', () => {
    const frames = (page: Page) => page.locator('iframe').count()

    it('is asked for from within the frame, done on the page, and taken back', async () => {
      const { page, troubles, close } = await demo.visit('/script-tag')
      await register(page, { takesMs: 300 })
      expect(await frames(page), 'no chat is fetched for it').toBe(0)
      const chat = chatOfTag(page)
      await chat.open()
      await page.evaluate(() => Reflect.get(window, 'registered'))
      await chat.ask('Where is my order?')
      await card(chat).getByText('Look up your order LL-2048').waitFor()
      expect(await ran(page)).toEqual([])
      await chat.button('Allow').first().click()
      await card(chat).getByText('Working …').waitFor()
      await picture(page, 'tag-running')
      await said(chat, 'on its way')
      await card(chat).getByText('Done').waitFor()
      await picture(page, 'tag-done')
      expect(await ran(page)).toEqual([{ number: 'LL-2048', express: true }])

      await page.evaluate(() => window.Aside?.('unregisterTool', 'find_order'))
      await chat.ask('And now?')
      await said(chat, 'I can do nothing here.')
      expect(await ran(page)).toHaveLength(1)
      expect(troubles).toEqual([])
      await close()
    })

    it('says why it failed, and what is no tool is refused', async () => {
      const { page, troubles, close } = await demo.visit('/script-tag')
      await register(page, { fails: true })
      const chat = chatOfTag(page)
      await chat.open()
      await chat.ask('Where is my order?')
      await chat.button('Allow').first().click()
      await said(chat, 'The shop does not answer')
      const refused = page.evaluate(async () => {
        const tool = { name: 'nothing', description: 'Has no handler', parameters: {} }
        return window
          .Aside?.('registerTool', tool as never)
          .catch((error: unknown) => Reflect.get(Object(error), 'code'))
      })
      expect(await refused).toBe('invalid_input')
      expect(troubles).toEqual([])
      await close()
    })
  })

  it('is not needed any more once something else is asked', async () => {
    const { chat, troubles, close } = await asked()
    await card(chat).waitFor()
    await chat.ask('And my other order?')
    await card(chat).first().getByText('Not needed any more').waitFor()
    await card(chat).nth(1).getByText('Look up').first().waitFor()
    expect(troubles).toEqual([])
    await close()
  })

  it('knows where the visitor is, and a page that says too much is told so once', async () => {
    const visit = await demo.visit('/federated-plain')
    const { page } = visit
    const say = (context: ContextChange) =>
      page.evaluate((it) => (window as unknown as { chat: Widget }).chat.setContext(it), context)
    await page.waitForFunction(() => 'chat' in window)
    await say({ plan: 'pro', items: 2, gone: 'x' })
    await say({ items: 3, gone: null })
    const chat = chatOnPage(page)
    await chat.open()
    await chat.ask('First?')
    await chat.answered()
    const asked = () => String(demo.models!.requests.at(-1)!.body.messages.at(-1)!.content)
    expect(asked()).toContain('- "plan": "pro"\n- "items": 3\n\nThe visitor asks:\nFirst?')
    await say({ long: 'x'.repeat(4_000) })
    for (const [at, text] of ['Second?', 'Third?'].entries()) {
      await chat.ask(text)
      await chat.answered(at + 2)
      expect(asked()).toBe(text)
    }
    expect(visit.troubles.filter((it) => it.startsWith('error: aside:'))).toHaveLength(1)
    await visit.close()
  })
})
