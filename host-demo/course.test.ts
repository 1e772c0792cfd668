import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AppConfig } from '@aside/protocol'
import { type Aside, startAside } from '@aside/server/testing/aside'
import { type Beside, openBeside } from '@aside/server/testing/beside'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
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

describe.skipIf(!findBrowser())('what each side knows of the other', () => {
  let demo: Demo
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    demo = await openDemo({
      model: 'tokens:30:20',
      startServer: async (modelUrl) => (aside = await startAside({ modelUrl: modelUrl! })),
    })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await demo?.close()
  })

  it('counts what was not read alike in every tab, and as read once it was on the screen', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    const first = demo.models!.gate('tokens:30:20', 3)
    await chat.ask('Tell me all')
    await first.reached
    await chat.button('Close chat').click()
    first.release()
    const name = (it: Page) => chatOfTag(it).launcher.getAttribute('aria-label')
    await expect.poll(() => name(page)).toBe('Chat 1')
    const other = await page.context().newPage()
    await other.goto(page.url())
    await chatOfTag(other).open()
    await chatOfTag(other).answered()
    await expect.poll(() => name(page)).not.toContain('1')
    await other.close()

    await page.reload()
    await expect.poll(() => name(page)).not.toContain('1')
    await chat.open()
    const second = demo.models!.gate('tokens:30:20', 3)
    await chat.ask('And once more')
    await second.reached
    await chat.button('New conversation').click()
    second.release()
    await chat.button('Conversations').click()
    const dot = chat.panel.locator('.conversations .dot')
    await dot.waitFor()
    expect(await dot.textContent()).toContain('1 unread message')
    await picture(page, 'unread')
    expect(await audit(page)).toEqual([])
    await chat.panel.locator('.conversations li button').first().click()
    await chat.answered(2)
    await chat.button('New conversation').click()
    await chat.button('Conversations').click()
    await expect.poll(() => dot.count()).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it('shows that a person is writing, and has seen what was said', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('Is anybody there?')
    await chat.answered()
    const { tenantId, id: appId } = demo.seeded.app
    const scope = beside.scope(tenantId)
    const rows = await scope.sql<{ id: string }>(
      'select id from conversations where tenant_id = ? and app_id = ? order by id desc limit 1',
      [appId],
    )
    const id = rows[0]!.id
    await beside.turns.handOver(scope, id, 'agent')
    await page.reload()
    await chat.answered()
    const told: string[] = []
    page.on('request', (it) => void (it.url().endsWith('/typing') && told.push(it.method())))
    await chat.input.pressSequentially('A person, I mean')
    await expect.poll(() => told).toEqual(['POST'])
    await chat.input.press('Enter')
    const seen = chat.panel.getByText('Seen', { exact: true })
    await expect.poll(() => chat.panel.locator('.mine').count()).toBe(2)
    expect(await seen.count()).toBe(0)
    const { reading } = aside.running.app
    await reading.see(scope, id, 3)
    await seen.waitFor()
    await picture(page, 'seen')
    expect(await audit(page)).toEqual([])
    await reading.type(scope, id, 'agent')
    const typing = chat.panel.getByText('Support is typing')
    await typing.waitFor()
    await picture(page, 'typing')
    await reading.type(scope, id, 'agent')
    expect(await audit(page)).toEqual([])
    await expect.poll(() => typing.count(), { timeout: 9_000 }).toBe(0)
    await page.reload()
    await seen.waitFor()
    expect(troubles).toEqual([])
    await close()
  })
})

describe.skipIf(!findBrowser())('the course of a conversation', () => {
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

  it('asks what is asked since, of a page that knows nothing of it, and keeps what was written', async () => {
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(question)
    await introduce(page, chat)
    await chat.answered()
    const config: AppConfig = {
      preChat: [...preChat, { name: 'order', label: 'Order number', type: 'text', required: true }],
    }
    await demo.publish(config)
    await chat.button('New conversation').click()
    await chat.ask('What is an epoch?')
    await form(chat).getByLabel('Order number').fill('4711')
    await picture(page, 'introduction-again')
    expect(await audit(page)).toEqual([])
    await form(chat).getByRole('button', { name: 'Continue' }).click()
    await chat.answered()
    expect(await chat.panel.locator('.mine .bubble').allInnerTexts()).toEqual(['What is an epoch?'])
    expect(await form(chat).count()).toBe(0)
    // The browser's own word for what was refused.
    expect(troubles).toEqual([expect.stringContaining('status of 409')])
    await close()
  })
})

describe.skipIf(!findBrowser())('what is offered', () => {
  let demo: Demo
  const leave = (chat: Chat) => chat.panel.locator('form.fieldform')
  const kept = (chat: Chat) => chat.panel.getByText('Your message has arrived.')
  afterEach(() => demo?.close())

  it('after an answer is said by a click or a key, and is gone then', async () => {
    const suggestedQuestions = ['What is an epoch?', 'What survives a killed server?', 'What is a turn?']
    demo = await openDemo({ config: { suggestedQuestions } })
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.button('What is an epoch?').click()
    await chat.answered()
    const replies = chat.panel.getByRole('group', { name: 'Suggested replies' })
    await expect.poll(() => replies.getByRole('button').allInnerTexts()).toEqual(suggestedQuestions.slice(1))
    await replies.scrollIntoViewIfNeeded()
    await picture(page, 'replies')
    expect(await audit(page)).toEqual([])
    await replies.getByRole('button').first().focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => replies.count()).toBe(0)
    await chat.answered(2)
    await expect.poll(() => replies.getByRole('button').allInnerTexts()).toEqual(['What is a turn?'])
    await page.reload()
    await expect.poll(() => replies.getByRole('button').allInnerTexts()).toEqual(['What is a turn?'])
    expect(troubles).toEqual([])
    await close()
  })

  it('where no question is taken is to leave a message, which survives being offline', async () => {
    demo = await openDemo({ config: { features: { chat: false } } })
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.launcher.click()
    await leave(chat).waitFor()
    await picture(page, 'leave')
    expect(await audit(page)).toEqual([])
    await leave(chat).getByRole('button', { name: 'Send message' }).click()
    expect(await leave(chat).locator('[aria-invalid=true]').count()).toBe(2)
    await leave(chat).getByLabel('Your message').fill('Please call me about the Heron.')
    await leave(chat).getByLabel('E-mail').fill('anna@shop.example')
    await page.reload()
    await expect.poll(() => leave(chat).getByLabel('E-mail').inputValue()).toBe('anna@shop.example')
    await page.context().setOffline(true)
    await leave(chat).getByRole('button', { name: 'Send message' }).click()
    await chat.panel.locator('.mine .bubble').waitFor()
    await expect.poll(() => leave(chat).count()).toBe(0)
    expect(await kept(chat).count()).toBe(0)
    await page.context().setOffline(false)
    await kept(chat).waitFor({ timeout: 20_000 })
    await picture(page, 'left')
    expect(await audit(page)).toEqual([])
    await page.reload()
    await kept(chat).waitFor()
    expect(await chat.answers.count()).toBe(0)
    await chat.button('Leave another message').click()
    await leave(chat).getByText('We answer to anna@shop.example.').waitFor()
    await expect
      .poll(() =>
        leave(chat)
          .getByLabel('Your message')
          .evaluate((it) => it.matches(':focus')),
      )
      .toBe(true)
    expect(await leave(chat).getByLabel('E-mail').count()).toBe(0)
    await close()
  })

  it('outside of business hours is to leave a message beside what the assistant knows', async () => {
    const businessHours = { timeZone: 'UTC', week: {}, closedMessage: 'We are back on Monday at nine.' }
    demo = await openDemo({ config: { features: { handoff: true }, businessHours } })
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.panel.getByText('We are back on Monday at nine.').waitFor()
    await picture(page, 'closed')
    expect(await audit(page)).toEqual([])
    await chat.ask(question)
    await chat.answered()
    await chat.button('Leave a message').click()
    await expect
      .poll(() =>
        leave(chat)
          .getByLabel('Your message')
          .evaluate((it) => it.matches(':focus')),
      )
      .toBe(true)
    await page.keyboard.type('Call me')
    await page.keyboard.press('Tab')
    await page.keyboard.type('anna@shop.example')
    await picture(page, 'closed-form')
    await page.keyboard.press('Enter')
    await kept(chat).waitFor()
    expect(troubles).toEqual([])
    await close()
  })

  it('where a budget is used up is to leave what was asked', async () => {
    const budgets = { perApp: { tokensPerDay: 0 }, whenSpent: ['message' as const] }
    demo = await openDemo({ model: 'gpt-answer', config: { budgets } })
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('Do you deliver to Norway?')
    await leave(chat).waitFor()
    expect(await leave(chat).getByLabel('Your message').inputValue()).toBe('Do you deliver to Norway?')
    await leave(chat).getByLabel('E-mail').fill('anna@shop.example')
    await picture(page, 'unanswered')
    expect(await audit(page)).toEqual([])
    await leave(chat).getByRole('button', { name: 'Send message' }).click()
    await kept(chat).waitFor()
    expect(troubles).toEqual([])
    await close()
  })
})
