import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findChromium } from './testing/chromium.ts'
import { type Demo, openDemo } from './testing/demo.ts'

const pictures = process.env['PICTURES']
if (pictures) mkdirSync(pictures, { recursive: true })
const picture = (page: Page, name: string) =>
  pictures ? page.screenshot({ path: join(pictures, `${name}.png`) }) : undefined

const suggestedQuestions = ['How do I put Aside on a page?', 'Which browsers are supported?', 'What does it cost?']

/** As if the visitor came back after lunch. */
const later = (page: Page) => page.clock.setFixedTime(Date.now() + 3 * 3_600_000)

describe.skipIf(!findChromium())('the views of the panel', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ config: { suggestedQuestions } })
  })
  afterAll(() => demo?.close())

  async function talk(chat: Chat, questions: string[]): Promise<void> {
    await chat.open()
    for (const [i, question] of questions.entries()) {
      if (i > 0) await chat.button('New conversation').click()
      await chat.ask(question)
      await chat.answered()
    }
  }

  it('begin in the thread for who comes for the first time or is in the middle of it, and at home for who comes back', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    expect(await chat.button('Back').count()).toBe(0)
    expect(await chat.panel.locator('.home').count()).toBe(0)
    await chat.ask('What survives a killed server?')
    await chat.answered()
    const address = page.url()
    const entries = await page.evaluate(() => history.length)

    await page.reload()
    await page.frameLocator('iframe').locator('article.answer').waitFor()
    expect(await chat.panel.locator('.home').count(), 'it goes on').toBe(0)

    await later(page)
    await page.reload()
    await chat.panel.locator('.home').waitFor()
    const rows = chat.panel.locator('.home .row')
    await expect.poll(() => rows.count()).toBe(1)
    await chat.panel.locator('.home').getByRole('button', { name: 'What does it cost?' }).click()
    await chat.answered()
    expect(await chat.panel.locator('.mine .bubble').allInnerTexts()).toEqual(['What does it cost?'])

    await chat.button('Back').click()
    await expect.poll(() => rows.count()).toBe(2)
    await rows.nth(1).click()
    await expect
      .poll(() => chat.panel.locator('.mine .bubble').allInnerTexts())
      .toEqual(['What survives a killed server?'])
    expect(page.url()).toBe(address)
    expect(await page.evaluate(() => history.length)).toBe(entries)
    expect(troubles).toEqual([])
    await close()
  })

  it('lead one step out at Escape, and give the focus back to what led in', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await talk(chat, ['What is an epoch good for?', 'What survives a killed server?'])
    await chat.button('Back').click()
    await chat.panel.locator('.home').waitFor()
    const heading = chat.panel.locator('h2')
    await chat.button('Settings').click()
    await expect.poll(() => heading.innerText()).toBe('Settings')
    await chat.panel.getByRole('switch').waitFor()
    await page.keyboard.press('Escape')
    await chat.panel.locator('.home').waitFor()
    const focused = () => chat.panel.locator(':focus').getAttribute('aria-label')
    await expect.poll(focused).toBe('Settings')

    await chat.button('Search conversations').click()
    await expect.poll(() => chat.panel.getByRole('searchbox').evaluate((it) => it.matches(':focus'))).toBe(true)
    await page.keyboard.press('Escape')
    await chat.panel.locator('.home .row').first().click()
    await chat.panel.locator('article.answer').waitFor()
    await page.keyboard.press('Escape')
    await chat.panel.locator('.home').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => chat.launcher.getAttribute('aria-expanded')).toBe('false')
    await close()
  })

  it('keep what the visitor chooses, over the page’s own wish, after a reload and in other tabs', async () => {
    const { page, context, troubles, close } = await demo.visit('/federated-plain')
    const other = await context.newPage()
    await other.goto(page.url())
    const chat = chatOnPage(page)
    const root = (it: Page) => it.locator('.aside')
    await talk(chat, ['What is an epoch good for?'])
    await chat.button('Conversations').click()
    await chat.button('Settings').click()
    await chat.panel.getByRole('radio', { name: 'Dark' }).check({ force: true })
    await chat.panel.getByRole('radio', { name: 'Very large' }).check({ force: true })
    await chat.panel.getByRole('switch').check()
    await chat.panel.getByRole('combobox').selectOption({ label: 'Deutsch' })
    await expect.poll(() => chat.panel.locator('h2').innerText()).toBe('Einstellungen')
    const scale = (it: Page) => root(it).evaluate((element) => getComputedStyle(element).getPropertyValue('--scale'))
    for (const it of [page, other]) {
      await expect.poll(() => root(it).getAttribute('class')).toContain('dark')
      await expect.poll(() => root(it).getAttribute('lang')).toBe('de')
      await expect.poll(() => scale(it)).toBe('1.3')
    }
    await page.reload()
    await chat.launcher.waitFor()
    expect(await root(page).getAttribute('class')).toContain('dark')
    await expect.poll(() => root(page).getAttribute('lang')).toBe('de')
    expect(troubles).toEqual([])
    await close()
  })

  it('give visitors what is kept of them, and erase it after a question that says what happens', async () => {
    const { page, context, troubles, close } = await demo.visit('/federated-plain')
    const chat = chatOnPage(page)
    await talk(chat, ['What is an epoch good for?'])
    const other = await context.newPage()
    await other.goto(page.url())
    const there = chatOnPage(other)
    await there.open()
    await there.panel.locator('article.answer').waitFor()
    await page.bringToFront()
    await chat.button('Conversations').click()
    await chat.button('Settings').click()

    const saved = async (name: RegExp) => {
      const [download] = await Promise.all([page.waitForEvent('download'), chat.button(name).click()])
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
    }
    const conversation = await saved(/^Save this conversation/)
    expect(conversation.name).toMatch(/^conversation-\d{4}-\d\d-\d\d\.md$/)
    expect(conversation.text).toContain('What is an epoch good for?')
    const all = await saved(/^Export my data/)
    expect(all.name).toMatch(/^my-data-.*\.jsonl$/)
    expect(all.text.trim().split('\n').at(-1)).toContain('"end"')

    await chat.button(/^Delete my data/).click()
    const question = chat.panel.getByRole('alertdialog', { name: 'Delete everything?' })
    await question.getByText('cannot be undone').waitFor()
    expect(await audit(page)).toEqual([])
    await picture(page, 'delete')
    await page.keyboard.press('Escape')
    await expect.poll(() => question.count()).toBe(0)
    await chat.button(/^Delete my data/).click()
    await question.getByRole('button', { name: 'Delete everything' }).click()

    for (const it of [chat, there]) {
      await it.panel.locator('.welcome').waitFor()
      await expect.poll(() => it.panel.locator('article.answer').count()).toBe(0)
      // There is nothing to go back to.
      await expect.poll(() => it.button('Back').count()).toBe(0)
    }
    await chat.ask('And now?')
    await chat.answered()
    // Tabs whose stream ends with the session ask once more, before they hear why: the browser notes the refusal.
    expect(troubles.filter((it) => !/status of 40[14]/.test(it))).toEqual([])
    await close()
  })

  it('open in a tab what the frame of the tag may not save', async () => {
    const { page, context, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await talk(chat, ['What is an epoch good for?'])
    await chat.button('Conversations').click()
    await chat.button('Settings').click()
    const [tab] = await Promise.all([context.waitForEvent('page'), chat.button(/^Save this conversation/).click()])
    await expect.poll(() => tab.locator('body').innerText()).toContain('What is an epoch good for?')
    await close()
  })

  it('bring a message that was searched for into sight, from however far back', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('Where is the needle?')
    await chat.answered()
    for (let i = 2; i <= 30; i++) {
      await chat.ask(`What is an epoch good for, once more, number ${i}?`)
      await chat.answered(i)
    }
    await chat.button('New conversation').click()
    await page.reload()
    await chat.button('Conversations').click()
    await chat.panel.getByRole('searchbox').fill('needle')
    await chat.panel.locator('mark').first().click()
    await chat.panel.locator('.found', { hasText: 'needle' }).waitFor()
    // The mark goes after a moment.
    const found = chat.panel.locator('.mine', { hasText: 'needle' })
    const [box, panel] = await Promise.all([found.boundingBox(), chat.panel.boundingBox()])
    expect(box!.y).toBeGreaterThan(panel!.y)
    expect(box!.y + box!.height).toBeLessThan(panel!.y + panel!.height)
    await picture(page, 'found')
    await close()
  })
})
