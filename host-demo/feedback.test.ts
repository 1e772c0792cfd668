import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

describe.skipIf(!findBrowser())('what a visitor thinks of an answer', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  const answered = async () => {
    const visit = await demo.visit('/script-tag')
    const chat = chatOfTag(visit.page)
    await chat.open()
    await chat.ask('What survives a killed server?')
    await chat.answered()
    return { ...visit, chat }
  }

  it('is said by a thumb, taken back by the same, and there after a reload', async () => {
    const { page, chat, troubles, close } = await answered()
    const helpful = chat.button(/^Helpful$/)
    expect(await helpful.getAttribute('aria-pressed')).toBe('false')
    await helpful.click()
    await chat.panel.getByText('Thank you').waitFor()
    await page.reload()
    await expect.poll(() => helpful.getAttribute('aria-pressed')).toBe('true')
    await helpful.click()
    await expect.poll(() => helpful.getAttribute('aria-pressed')).toBe('false')
    expect(troubles).toEqual([])
    await close()
  })

  it('comes with a reason where it did not help, by keyboard alone', async () => {
    const { page, chat, troubles, close } = await answered()
    await chat.button('Not helpful').focus()
    await page.keyboard.press('Enter')
    const form = chat.panel.locator('form.feedback')
    await form.waitFor()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Which one?')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await chat.panel.getByText('Thank you').waitFor()
    expect(await form.count()).toBe(0)
    await page.reload()
    await expect.poll(() => chat.button('Not helpful').getAttribute('aria-pressed')).toBe('true')
    expect(troubles).toEqual([])
    await close()
  })

  it('closes the question with Escape, and nothing else with it', async () => {
    const { page, chat, close } = await answered()
    await chat.button('Not helpful').click()
    const form = chat.panel.locator('form.feedback')
    await form.waitFor()
    expect(await audit(page)).toEqual([])
    if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/feedback.png` })
    await form.getByRole('radio').first().focus()
    await page.keyboard.press('Escape')
    await expect.poll(() => form.count()).toBe(0)
    expect(await chat.panel.isVisible()).toBe(true)
    await close()
  })
})
