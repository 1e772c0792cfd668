import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'

/** Which element has the focus, through frames and shadow roots: its tag and what it is called. */
const focused = (): string => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return `${element?.localName} ${element?.getAttribute('aria-label') ?? ''}`.trim()
}

describe.skipIf(!findBrowser())('a chat for everybody', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it.for([
    { path: '/script-tag', colorScheme: 'light' as const },
    { path: '/script-tag', colorScheme: 'dark' as const },
    { path: '/federated-vue', colorScheme: 'light' as const },
    { path: '/federated-vue', colorScheme: 'dark' as const },
    { path: '/right-to-left', colorScheme: 'light' as const },
  ])('passes WCAG 2.2 AA in every state: $path, $colorScheme', async ({ path, colorScheme }) => {
    const { page, close } = await demo.visit(path, { colorScheme })
    const arabic = path === '/right-to-left'
    const chat = path === '/federated-vue' ? chatOnPage(page) : chatOfTag(page, arabic ? 'المحادثة' : 'Chat')
    await chat.launcher.waitFor()
    expect(await audit(page), 'launcher').toEqual([])
    await chat.open()
    await chat.panel.locator('.greeting').waitFor()
    expect(await audit(page), 'welcome').toEqual([])
    await chat.ask(tagQuestion)
    await chat.answered()
    expect(await audit(page), 'answer').toEqual([])
    await chat.panel.locator('.answer .cite').first().click()
    await chat.panel.locator('.passage .md').waitFor()
    expect(await audit(page), 'source').toEqual([])
    await chat.panel.locator('header button:has(.back)').click()
    await chat.panel.locator('header button:has(.list)').click()
    await chat.panel.locator('.conversations li').waitFor()
    expect(await audit(page), 'conversations').toEqual([])
    await close()
  })

  it.for([{ path: '/script-tag' }, { path: '/federated-plain' }])(
    'is used by keyboard alone: $path',
    async ({ path }) => {
      const { page, close } = await demo.visit(path)
      const isTag = path === '/script-tag'
      const chat = isTag ? chatOfTag(page) : chatOnPage(page)
      const focus = () => (isTag ? page.frames().at(-1)! : page).evaluate(focused)
      await chat.launcher.waitFor()
      await page.evaluate(() => (document.querySelector('.bottom') as HTMLElement).scrollIntoView())
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab')
        if (await chat.launcher.evaluate((it) => (it.getRootNode() as ShadowRoot).activeElement === it)) break
      }
      await page.keyboard.press('Enter')
      await chat.input.waitFor()
      await expect.poll(focus).toBe('textarea Message')

      await page.keyboard.type(tagQuestion)
      await page.keyboard.press('Enter')
      expect(await chat.answered()).toContain(tagSentence)
      for (let presses = 0; presses < 12 && (await focus()) !== 'button Source 1: Embedding'; presses++)
        await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Enter')
      await chat.panel.locator('.passage .md').waitFor()

      await page.keyboard.press('Escape')
      await chat.panel.locator('.passage').waitFor({ state: 'detached' })
      await expect.poll(focus, { message: 'back to where the source was opened' }).toBe('button Source 1: Embedding')
      await page.keyboard.press('Escape')
      await expect.poll(() => chat.input.isVisible()).toBe(false)
      await expect
        .poll(() => chat.launcher.evaluate((it) => (it.getRootNode() as ShadowRoot).activeElement === it))
        .toBe(true)
      await close()
    },
  )

  it('reads an answer out in whole sentences, politely', async () => {
    const { page, close } = await demo.visit('/federated-plain')
    const chat = chatOnPage(page)
    await chat.open()
    const said = page.locator('.sr[role=status]')
    expect(await said.getAttribute('aria-live')).toBe('polite')
    await chat.ask(tagQuestion)
    await chat.answered()
    await expect.poll(() => said.textContent()).toContain(tagSentence)
    await close()
  })
})
