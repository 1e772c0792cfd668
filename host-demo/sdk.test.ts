import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import type { AsideGlobal, Widget, WidgetState } from '../widget/sdk.ts'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion } from './testing/documents.ts'
import { visitSaying } from './testing/tag-page.ts'

interface HostPage {
  Aside?: AsideGlobal
  heard: unknown[]
  chat?: Widget
}

/** The widget of the page, however it came to be there: as `window.chat`. */
const ways = [
  { name: 'the script tag', path: '/script-tag', find: chatOfTag, reach: 'tag' },
  { name: 'the element', path: '/element', find: (page: Page) => chatOnPage(page, 'aside-chat'), reach: 'element' },
] as const

async function reach(page: Page, how: 'tag' | 'element'): Promise<void> {
  await page.evaluate((way) => {
    const host = window as unknown as HostPage
    host.heard = []
    host.chat =
      way === 'tag'
        ? Object.values(host.Aside!.widgets!)[0]!
        : (document.querySelector('aside-chat') as unknown as Widget)
    for (const event of ['ready', 'open', 'close', 'message', 'conversation', 'connection', 'error'] as const)
      host.chat.on(event, (detail: unknown) => host.heard.push([event, detail]))
  }, how)
}

const heard = (page: Page) => page.evaluate(() => (window as unknown as HostPage).heard as [string, unknown][])
const stateOf = (page: Page) => page.evaluate(() => (window as unknown as HostPage).chat!.getState())

describe.skipIf(!findBrowser())('what a page may ask of the widget', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it.for(ways)('is the same with $name', async ({ path, find, reach: how }) => {
    const visit = await demo.visit(path)
    const { page } = visit
    await reach(page, how)
    const chat = find(page)

    await page.evaluate(() => (window as unknown as HostPage).chat!.open())
    await chat.input.waitFor()
    await page.evaluate(() => (window as unknown as HostPage).chat!.prefill('Half a question'))
    await expect.poll(() => chat.input.inputValue()).toBe('Half a question')
    await page.evaluate((text) => (window as unknown as HostPage).chat!.send(text), tagQuestion)
    await chat.answered()
    await expect.poll(async () => (await stateOf(page)).conversationId).toMatch(/^cnv_/)
    const { conversationId } = (await stateOf(page)) as WidgetState & { conversationId: string }

    expect(await stateOf(page)).toMatchObject({ ready: true, open: true, connection: 'live', unread: 0 })
    const messages = (await heard(page)).filter(([name]) => name === 'message').map(([, it]) => it)
    expect(messages).toMatchObject([{ author: 'visitor', text: tagQuestion }, { author: 'assistant' }])

    await page.evaluate(() => (window as unknown as HostPage).chat!.startConversation())
    await expect.poll(async () => (await stateOf(page)).conversationId).toBe(undefined)
    await page.evaluate((id) => (window as unknown as HostPage).chat!.showConversation(id), conversationId)
    await expect.poll(async () => (await stateOf(page)).conversationId).toBe(conversationId)
    const refusal = await page.evaluate(() =>
      (window as unknown as HostPage).chat!.showConversation('cnv_00000000000000000000000000').then(
        () => 'shown',
        (error: { code?: string }) => error.code,
      ),
    )
    expect(refusal).toBe('not_found')

    await page.evaluate(() => (window as unknown as HostPage).chat!.setTheme('dark'))
    await page.evaluate(() => (window as unknown as HostPage).chat!.setLocale('ar'))
    await expect.poll(async () => await stateOf(page)).toMatchObject({ theme: 'dark', locale: 'ar' })
    await expect.poll(() => chat.panel.locator('xpath=ancestor::*[@dir]').first().getAttribute('dir')).toBe('rtl')

    await page.evaluate(() => (window as unknown as HostPage).chat!.hide())
    await chat.panel.waitFor({ state: 'hidden' })
    expect(await stateOf(page)).toMatchObject({ hidden: true })
    await page.evaluate(() => (window as unknown as HostPage).chat!.show())
    await chat.panel.waitFor()
    expect(visit.troubles.filter((it) => !it.includes('404'))).toEqual([])
    await visit.close()
  })

  it('waits before the script has loaded, in order, and unsubscribes by what it was given', async () => {
    const visit = await demo.visit('/config.json')
    const { page } = visit
    await page.addInitScript(() => {
      if (window.parent !== window) return
      const host = window as unknown as { Aside: { q?: unknown[] } & ((...call: unknown[]) => void); heard: string[] }
      host.heard = []
      host.Aside = (...call: unknown[]) => void (host.Aside.q ??= []).push(call)
      host.Aside('on', 'open', () => host.heard.push('open'))
      host.Aside('prefill', 'From before')
      host.Aside('open')
    })
    await page.goto(`${demo.site.url}/script-tag`)
    const chat = chatOfTag(page)
    await expect.poll(() => chat.input.inputValue()).toBe('From before')
    expect(await heard(page)).toEqual(['open'])
    const after = await page.evaluate(async () => {
      const { Aside } = window as unknown as { Aside: AsideGlobal }
      const seen: string[] = []
      const off = Aside('on', 'close', () => seen.push('first'))
      const second = () => seen.push('second')
      Aside('on', 'close', second)
      await Aside('close')
      off()
      Aside('off', 'close', second)
      await Aside('open')
      await Aside('close')
      return seen
    })
    expect(after).toEqual(['first', 'second'])
    await visit.close()
  })

  it('names its widgets, and keeps what they are told apart', async () => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-name': 'guide' })
    const names = await visit.page.evaluate(() => Object.keys((window as unknown as HostPage).Aside!.widgets!))
    expect(names).toEqual(['guide'])
    const globals = await visit.page.evaluate(() => Object.keys(window).filter((it) => /aside/i.test(it)))
    expect(globals, 'one global').toEqual(['Aside'])
    await visit.page.evaluate(() => (window as unknown as HostPage).Aside!.widgets!['guide']!.destroy())
    expect(await visit.page.evaluate(() => 'Aside' in window)).toBe(false)
    await visit.close()
  })

  it('stores nothing before consent where it is asked for, and everything after it', async () => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-consent': 'false' })
    const { page } = visit
    const stored = async () => {
      const frames = page.frames().filter((it) => it.url().startsWith('http'))
      const all = await Promise.all(
        frames.map((it) => it.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])),
      )
      // How this test says what the tag says.
      return all.flat().filter((key) => key !== 'attributes')
    }
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(tagQuestion)
    await chat.answered()
    expect(await stored()).toEqual([])
    expect(await visit.context.cookies()).toEqual([])

    await page.evaluate(() => (window as unknown as HostPage).Aside!('setConsent', true))
    await expect.poll(stored).toContainEqual(expect.stringMatching(/:token$/))
    await page.evaluate(() => (window as unknown as HostPage).Aside!('setConsent', false))
    await expect.poll(stored).toEqual([])
    await chat.ask('Does it go on?')
    await chat.answered()
    await visit.close()
  })

  it('can bring its own launcher', async () => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-launcher': 'h1' })
    const chat = chatOfTag(visit.page)
    expect(await chat.launcher.isVisible()).toBe(false)
    await visit.page.locator('h1').click()
    await chat.input.waitFor()
    await visit.page.locator('h1').click()
    await chat.panel.waitFor({ state: 'hidden' })
    await visit.close()
  })

  it.for(['inline', 'page'])('fills its place: %s', async (mode) => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-mode': mode, 'data-target': '.picture' })
    const chat = chatOfTag(visit.page)
    await chat.input.waitFor()
    const box = await visit.page.locator('iframe').boundingBox()
    const window = visit.page.viewportSize()!
    if (mode === 'page') expect(box).toEqual({ x: 0, y: 0, ...window })
    else {
      const place = (await visit.page.locator('.picture').boundingBox())!
      expect(box!.width).toBe(place.width)
      expect(box!.x).toBe(place.x)
    }
    expect(await chat.button('Close chat').count()).toBe(0)
    await chat.ask(tagQuestion)
    await chat.answered()
    await visit.close()
  })
})
