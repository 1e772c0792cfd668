import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'
import { chatIn, findFirefox, type FirefoxChat, launchFirefox } from './testing/firefox.ts'

describe.skipIf(!findFirefox())('in Firefox', () => {
  let demo: Demo
  let browser: Browser
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
    browser = await launchFirefox()
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })

  /** In a browser of its own; `troubles` are what the console says and nobody caught. */
  async function visit(path: string): Promise<{ page: Page; troubles: string[]; close(): Promise<void> }> {
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('console', (it) => {
      if (it.type() === 'error') troubles.push(it.text())
    })
    await page.goto(`${demo.site.url}${path}`)
    return { page, troubles, close: () => context.close() }
  }

  const bubble = (page: Page) => page.waitForSelector('>>> button[aria-label^="Chat"]', { visible: true })

  async function openTag(page: Page): Promise<FirefoxChat> {
    await (await bubble(page))?.click()
    const chat = await chatIn(page, true)
    await chat.find('textarea')
    return chat
  }

  const ways = [
    { name: 'the script tag', path: '/script-tag', open: openTag },
    { name: 'the element', path: '/element', open: (page: Page) => chatIn(page, false) },
    {
      name: 'the federated mount',
      path: '/federated-plain',
      async open(page: Page) {
        const chat = await chatIn(page, false)
        await (await chat.find('.launcher')).click()
        return chat
      },
    },
  ]
  it.for(ways)('streams a cited answer, and opens its source: $name', async ({ path, open }) => {
    const { page, troubles, close } = await visit(path)
    const chat = await open(page)
    await chat.find('textarea')
    const held = demo.models!.gate('echo', 4)
    await chat.ask(tagQuestion)
    await expect.poll(() => chat.text()).toContain('Paste one')
    expect(await chat.text(), 'it streams').not.toContain('every page')
    held.release()
    expect(await chat.answered()).toContain(tagSentence)
    await (await chat.find('.md .cite')).click()
    const passage = await chat.find('.passage .md')
    expect(await passage.evaluate((it) => it.textContent)).toContain('until a visitor points at the bubble')
    expect(troubles).toEqual([])
    await close()
  })

  it('goes on with an answer that was under way when the page was loaded again', async () => {
    const { page, close } = await visit('/script-tag')
    const chat = await openTag(page)
    const held = demo.models!.gate('echo', 4)
    await chat.ask(tagQuestion)
    await expect.poll(() => chat.text()).toContain('Paste one')
    await page.reload()
    // It was open, and is again.
    const again = await chatIn(page, true)
    await expect.poll(() => again.text()).toContain('Paste one')
    held.release()
    expect(await again.answered()).toContain(tagSentence)
    await close()
  })

  it('is opened, used and closed by the keyboard alone', async () => {
    const { page, troubles, close } = await visit('/script-tag')
    await (await bubble(page))?.focus()
    await page.keyboard.press('Enter')
    const chat = await chatIn(page, true)
    const input = await chat.find('textarea')
    await expect.poll(() => input.evaluate((it) => it.matches(':focus'))).toBe(true)
    await page.keyboard.type(tagQuestion)
    await page.keyboard.press('Enter')
    expect(await chat.answered()).toContain(tagSentence)
    await page.keyboard.press('Escape')
    await expect
      .poll(async () => (await bubble(page))?.evaluate((it) => it.getAttribute('aria-expanded')))
      .toBe('false')
    expect(troubles).toEqual([])
    await close()
  })

  it('runs from right to left where the page says so', async () => {
    const { page, troubles, close } = await visit('/right-to-left')
    await (await page.waitForSelector('>>> button[aria-expanded]', { visible: true }))?.click()
    const chat = await chatIn(page, true)
    const root = await chat.find('.aside')
    await chat.find('textarea')
    await expect.poll(() => root.evaluate((it) => getComputedStyle(it).direction)).toBe('rtl')
    await chat.ask(tagQuestion)
    expect(await chat.answered()).toContain(tagSentence)
    expect(troubles).toEqual([])
    await close()
  })
})
