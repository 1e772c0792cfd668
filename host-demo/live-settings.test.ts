import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'

describe.skipIf(!findBrowser())('an owner who changes an app while people chat', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  const bubble = (page: Page) =>
    page.getByRole('button', { name: /^Chat/ }).evaluate((it) => {
      const { backgroundColor, left, right } = getComputedStyle(it)
      return { color: backgroundColor, isLeft: Number.parseFloat(left) < Number.parseFloat(right) }
    })

  it('changes colour, words, side and size in front of them, in every tab, and takes nothing they were at', async () => {
    const visit = await demo.visit('/script-tag')
    const chat = chatOfTag(visit.page)
    await chat.open()
    await chat.ask('Where do I paste the script tag? '.repeat(40))
    await chat.answered()
    const scroller = chat.panel.locator('.scroller')
    await scroller.evaluate((it) => it.scrollTo({ top: 40 }))
    await chat.input.fill('Half a sentence')
    const other = await visit.context.newPage()
    await other.goto(`${demo.site.url}/script-tag`)
    await chatOfTag(other).open()

    await demo.publish({
      model: 'echo',
      theme: { primary: '#aa2266', position: 'left', radius: 4, fontScale: 1.4, scheme: 'dark' },
      words: { title: 'Another name', placeholder: 'Any words', send: 'Off it goes' },
      suggestedQuestions: ['A new question?'],
    })
    for (const page of [visit.page, other]) {
      const { panel, button } = chatOfTag(page)
      await expect.poll(() => panel.locator('h2').first().textContent()).toBe('Another name')
      await expect.poll(() => bubble(page)).toEqual({ color: 'rgb(170, 34, 102)', isLeft: true })
      expect(await button('Off it goes').count()).toBe(1)
      expect(await panel.evaluate((it) => getComputedStyle(it).fontSize)).toBe('21px')
    }
    expect(await chat.input.inputValue()).toBe('Half a sentence')
    expect(await scroller.evaluate((it) => it.scrollTop)).toBeLessThan(120)
    await expect.poll(() => chatOfTag(other).panel.locator('.mine').count()).toBe(1)
    await chat.button('New conversation').click()
    await chat.button('A new question?').waitFor()
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('takes messages to be left where the chat is off, and draws the last look at once the next time', async () => {
    await demo.publish({ features: { chat: false }, theme: { primary: '#116644' } })
    const visit = await demo.visit('/element')
    const chat = chatOnPage(visit.page, 'aside-chat')
    await chat.panel.getByRole('form', { name: 'Leave a message' }).waitFor()
    expect(await chat.panel.locator('.composer').count()).toBe(0)

    // The next time the answer is long in coming.
    await visit.context.route('**/v1/**', () => {})
    await visit.page.reload()
    await chat.panel.getByRole('form', { name: 'Leave a message' }).waitFor()
    expect(visit.troubles).toEqual([])
    await visit.close()
  })
})
