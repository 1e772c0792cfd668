import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

describe.skipIf(!findBrowser())('what was said before', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  it('is found by its words, and opened', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('What is an EPOCH good for?')
    await chat.answered()
    await chat.button('New conversation').click()
    await chat.ask('What survives a killed server?')
    await chat.answered()
    await chat.button('Conversations').click()
    const field = chat.panel.getByRole('searchbox')
    await field.fill('epoch good')
    const found = chat.panel.getByRole('list', { name: 'Search conversations' }).getByRole('button')
    await expect.poll(() => found.count()).toBe(1)
    expect(await found.locator('mark').allInnerTexts()).toEqual(['EPOCH', 'good'])
    expect(await audit(page)).toEqual([])
    if (process.env['PICTURES']) await page.screenshot({ path: `${process.env['PICTURES']}/history.png` })

    await field.fill('zebra')
    await chat.panel.getByText('Nothing found').waitFor()
    await page.keyboard.press('Escape')
    expect(await field.inputValue()).toBe('')
    await expect.poll(() => chat.panel.locator('.conversations li').count()).toBe(2)

    await field.fill('epoch good')
    await found.click()
    await expect.poll(() => chat.panel.locator('.mine .bubble').allInnerTexts()).toEqual(['What is an EPOCH good for?'])
    expect(troubles).toEqual([])
    await close()
  })
})
