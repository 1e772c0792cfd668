import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

/** Counts the notes that sound, which nothing else could hear here. */
const listen = (page: Page) =>
  page.addInitScript(() => {
    const heard = window as { notes?: number }
    heard.notes = 0
    const start = AudioScheduledSourceNode.prototype.start
    AudioScheduledSourceNode.prototype.start = function (when) {
      heard.notes = (heard.notes ?? 0) + 1
      return start.call(this, when)
    }
  })
const notes = (page: Page) => page.evaluate(() => (window as { notes?: number }).notes)

describe.skipIf(!findBrowser())('an answer that comes while nobody looks', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'tokens:40:25' })
  })
  afterAll(() => demo?.close())

  it('is told by the title of the page, which is given back, and makes no sound that nobody asked for', async () => {
    const { page, troubles, close } = await demo.visit('/federated-plain')
    const chat = chatOnPage(page)
    await chat.launcher.waitFor()
    await listen(page)
    await page.reload()
    const title = await page.title()
    await chat.open()
    await chat.ask('How long does it take?')
    await chat.panel.locator('.typing, article.answer').first().waitFor()
    await chat.button('Close chat').first().click()
    await expect.poll(() => page.title()).toBe(`(1) ${title}`)
    await page.evaluate(() => (document.title = 'Another page of the shop'))
    await expect.poll(() => page.title()).toBe('(1) Another page of the shop')
    await chat.launcher.click()
    await expect.poll(() => page.title()).toBe('Another page of the shop')
    expect(await notes(page)).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it('is told by the title of the page around the frame of a tag, too, and given back with the tag', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    const title = await page.title()
    const answerMeanwhile = async () => {
      await chat.ask('How long does it take?')
      await chat.panel.locator('.typing, article.answer').last().waitFor()
      await chat.button('Close chat').click()
      await expect.poll(() => page.title()).toMatch(/^\(1\) /)
    }
    await chat.open()
    await answerMeanwhile()
    expect(await page.title()).toBe(`(1) ${title}`)
    await page.evaluate(() => (document.title = 'Another page of the shop'))
    await expect.poll(() => page.title()).toBe('(1) Another page of the shop')
    await chat.launcher.click()
    await expect.poll(() => page.title()).toBe('Another page of the shop')

    await answerMeanwhile()
    await page.evaluate(() => Object.values(window.Aside?.widgets ?? {}).forEach((it) => it.destroy()))
    expect(await page.title()).toBe('Another page of the shop')
    expect(troubles).toEqual([])
    await close()
  })

  it('is heard where the visitor wants that, and marked where the conversations are listed', async () => {
    const { page, troubles, close } = await demo.visit('/federated-plain')
    const chat = chatOnPage(page)
    await chat.launcher.waitFor()
    await listen(page)
    await page.reload()
    await chat.open()
    await chat.button('Conversations').click()
    await chat.button('Settings').click()
    await chat.panel.getByRole('switch').check()
    // What was chosen is heard at once.
    await expect.poll(() => notes(page)).toBe(2)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await chat.ask('How long does it take?')
    await chat.panel.locator('.typing, article.answer').first().waitFor()
    await chat.button('Back').click()
    await expect.poll(() => notes(page)).toBe(4)
    const row = chat.panel.locator('.home .row')
    await expect.poll(() => row.locator('.dot').count()).toBe(1)
    await row.click()
    await chat.answered()
    await chat.button('Back').click()
    await row.waitFor()
    expect(await row.locator('.dot').count(), 'it was read').toBe(0)
    expect(troubles).toEqual([])
    await close()
  })
})
