import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

describe.skipIf(!findBrowser())('the last question', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  it('is said anew, in the place of what was asked and answered before', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    const questions = () => chat.panel.locator('.mine .bubble').allInnerTexts()
    await chat.open()
    await chat.ask('What is an epoch?')
    await chat.answered()
    await chat.ask('Waht survives a kiled server?')
    await chat.answered(2)
    await chat.input.fill('Something begun')
    await chat.button('Change this question').click()
    expect(await chat.input.inputValue()).toBe('Waht survives a kiled server?')
    expect(await audit(page)).toEqual([])
    if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/editing.png` })

    await page.keyboard.press('Escape')
    expect(await chat.input.inputValue()).toBe('Something begun')
    expect(await chat.panel.isVisible()).toBe(true)

    await chat.button('Change this question').click()
    await chat.ask('What survives a killed server?')
    await expect.poll(questions).toEqual(['What is an epoch?', 'What survives a killed server?'])
    await expect.poll(() => chat.answers.count()).toBe(2)
    await chat.answered(2)
    expect(await chat.input.inputValue()).toBe('Something begun')
    await page.reload()
    await expect.poll(questions).toEqual(['What is an epoch?', 'What survives a killed server?'])
    expect(troubles).toEqual([])
    await close()
  })
})
