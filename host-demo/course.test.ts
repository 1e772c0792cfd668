import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppConfig } from '@aside/protocol'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag } from './testing/chat.ts'
import { findChromium } from './testing/chromium.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { picture } from './testing/picture.ts'

const preChat: NonNullable<AppConfig['preChat']> = [
  { name: 'email', label: 'E-mail', type: 'email', required: true },
  {
    name: 'topic',
    label: 'What is it about?',
    type: 'select',
    required: true,
    options: ['An order', 'Something else'],
  },
  { name: 'phone', label: 'Telephone', type: 'tel', required: false },
  { name: 'terms', label: 'You may keep what I write', type: 'checkbox', required: true },
]
const question = 'What survives a killed server?'

describe.skipIf(!findChromium())('the course of a conversation', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ config: { preChat } })
  })
  afterAll(() => demo?.close())

  const form = (chat: Chat) => chat.panel.locator('form.fieldform')
  async function introduce(page: Page, chat: Chat): Promise<void> {
    await form(chat).getByLabel('E-mail').fill('anna@shop.example')
    await form(chat).getByLabel('What is it about?').selectOption('An order')
    await form(chat).getByLabel('You may keep').check()
    await form(chat).getByRole('button', { name: 'Continue' }).click()
    await expect.poll(() => form(chat).count()).toBe(0)
  }

  it('asks first what the owner wants to know, once, and sends what was written after it', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(question)
    await form(chat).waitFor()
    await expect
      .poll(() =>
        form(chat)
          .getByLabel('E-mail')
          .evaluate((it) => it.matches(':focus')),
      )
      .toBe(true)
    await picture(page, 'introduction')
    expect(await audit(page)).toEqual([])

    await page.keyboard.type('anna')
    await page.keyboard.press('Enter')
    await form(chat).getByText('an address like').waitFor()
    expect(await form(chat).locator('[aria-invalid=true]').count()).toBe(3)
    await picture(page, 'introduction-wrong')
    expect(await audit(page)).toEqual([])
    await page.keyboard.type('@shop.example')

    await page.reload()
    await form(chat).waitFor()
    expect(await form(chat).getByLabel('E-mail').inputValue()).toBe('anna@shop.example')
    expect(await chat.panel.locator('.mine .bubble').allInnerTexts()).toEqual([question])
    // By keyboard alone.
    await form(chat).getByLabel('E-mail').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.type('An')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await chat.answered()
    expect(await form(chat).count()).toBe(0)

    await chat.button('New conversation').click()
    await chat.ask('What is an epoch?')
    await chat.answered()
    await page.reload()
    await chat.button('New conversation').click()
    await chat.ask('What is a turn?')
    await chat.answered()
    expect(await form(chat).count()).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it('ends where the visitor ends it, is judged, and begins anew', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(question)
    await form(chat).waitFor()
    await introduce(page, chat)
    await chat.answered()
    await chat.button('End conversation').click()
    await picture(page, 'end')
    expect(await audit(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await chat.panel.isVisible()).toBe(true)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await chat.panel.getByText('This conversation has ended.').waitFor()
    expect(await chat.input.count()).toBe(0)
    const score = (name: string) => chat.panel.getByRole('radio', { name, exact: true })
    await expect.poll(() => score('Bad').evaluate((it) => it.matches(':focus'))).toBe(true)
    await picture(page, 'ended')
    expect(await audit(page)).toEqual([])

    await page.keyboard.press('Space')
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight')
    await chat.panel.getByText('Thank you for telling us.').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('Quick.')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await chat.panel.getByText('Thank you for telling us.').waitFor()
    await picture(page, 'rated')
    expect(await audit(page)).toEqual([])
    await page.reload()
    await expect.poll(() => score('Very good').isChecked()).toBe(true)
    expect(await chat.panel.locator('.rating textarea').inputValue()).toBe('Quick.')
    await chat.panel.locator('.faces label').nth(3).click()
    await expect.poll(() => score('Good').isChecked()).toBe(true)

    await chat.button('Start a new conversation').click()
    await expect.poll(() => chat.input.evaluate((it) => it.matches(':focus'))).toBe(true)
    await chat.ask('What is an epoch?')
    await chat.answered()
    expect(troubles).toEqual([])
    await close()
  })
})
