import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentitySecret } from '@aside/protocol'
import { mintToken } from '@aside/server/testing/identity-tokens'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findChromium } from './testing/chromium.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'
import { say, visitSaying } from './testing/tag-page.ts'

type Call = (command: string, ...rest: unknown[]) => void
/** Not waited for: what sets something takes effect when somebody wants to chat. */
const aside = (page: Page, command: string, detail?: unknown) =>
  page.evaluate(
    ([name, it]) => void (window as unknown as { Aside: Call }).Aside(name as string, it),
    [command, detail],
  )

const secretOfOne = 'A secret of the first, 4711.'

describe.skipIf(!findChromium())('a visitor whom the page vouches for', () => {
  let demo: Demo
  let tokenFor: (sub: string, claims?: Record<string, unknown>) => string
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
    const { app } = demo.seeded
    const query = { tenantId: app.tenantId }
    const { secret } = await demo.server.operator.call(createIdentitySecret, { query, body: { appId: app.id } })
    tokenFor = (sub, claims = {}) => mintToken(secret, app.id, { claims: { sub, ...claims } })
  })
  afterAll(() => demo?.close())

  /** All that the frame shows, and all that it has stored. */
  async function everything(page: Page): Promise<string> {
    const frame = page.frames().find((it) => it.url().includes('/embed/'))
    const shown = await page.frameLocator('iframe[title="Chat"]').locator('.panel').textContent()
    return `${shown} ${await frame?.evaluate(() => JSON.stringify([localStorage, sessionStorage]))}`
  }

  it('signs in by the tag, and the next one in the same browser sees nothing of them', async () => {
    const tagOf = (sub: string) => ({ 'data-identity': tokenFor(sub) })
    const visit = await visitSaying(demo, '/script-tag', tagOf('u1'))
    const chat = chatOfTag(visit.page)
    await chat.open()
    await chat.ask(secretOfOne)
    await chat.answered()

    await say(visit.page, tagOf('u2'))
    await visit.page.reload()
    await chat.input.waitFor()
    await expect.poll(() => chat.panel.locator('.greeting').isVisible()).toBe(true)
    expect(await everything(visit.page)).not.toContain('4711')
    expect(await everything(visit.page)).not.toContain('@u1')

    await say(visit.page, tagOf('u1'))
    await visit.page.reload()
    await chat.button('Conversations').click()
    await chat.panel.locator('.conversations li').waitFor()
    expect(await everything(visit.page), 'what is theirs is with the server').toContain('4711')
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('signs in during a conversation, keeps it, logs out, and leaves nothing, in other tabs neither', async () => {
    const visit = await demo.visit('/script-tag')
    const chat = chatOfTag(visit.page)
    await chat.open()
    await chat.ask(secretOfOne)
    await chat.answered()
    const minted = tokenFor('u3')
    await visit.page.evaluate((token) => {
      const page = window as unknown as { Aside: Call; asked: number }
      page.asked = 0
      void page.Aside('identify', { getToken: async () => (page.asked++, token) })
    }, minted)
    await expect.poll(() => everything(visit.page)).toContain('@u3')
    await expect.poll(() => chat.answers.count()).toBe(1)
    expect(await everything(visit.page)).toContain('4711')
    expect(await everything(visit.page), 'a token is never stored').not.toContain(minted)
    expect(await visit.page.evaluate(() => (window as unknown as { asked: number }).asked)).toBe(1)

    const other = await visit.context.newPage()
    await other.goto(`${demo.site.url}/script-tag`)
    await aside(other, 'identify', { token: tokenFor('u3') })
    const otherChat = chatOfTag(other)
    await otherChat.open()
    await expect.poll(() => otherChat.answers.count()).toBe(1)

    await otherChat.input.fill('Half a sentence')
    await aside(visit.page, 'logout')
    for (const page of [visit.page, other]) {
      await expect.poll(() => everything(page)).not.toContain('4711')
      await expect.poll(() => chatOfTag(page).panel.locator('.greeting').isVisible()).toBe(true)
    }
    expect(await otherChat.input.inputValue()).toBe('')
    await chat.ask('And now?')
    await chat.answered()
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('is nobody where the tag says otherwise than the token, and says why once', async () => {
    const tag = { 'data-sig': tokenFor('u4'), 'data-user': 'u5', 'data-project': demo.seeded.app.id }
    const visit = await visitSaying(demo, '/script-tag', tag)
    const chat = chatOfTag(visit.page)
    await chat.open()
    await expect.poll(() => everything(visit.page)).toContain(':token')
    expect(await everything(visit.page)).not.toContain('@u4')
    expect(visit.troubles).toEqual([expect.stringContaining('data-user and data-project')])
    await visit.close()
  })

  it('is told in words where the token is not taken', async () => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-sig': tokenFor('u6', { exp: 1, iat: 0 }) })
    const chat = chatOfTag(visit.page)
    await chat.launcher.click()
    await expect.poll(() => chat.panel.locator('.ended').textContent()).toContain('Your sign-in could not be confirmed')
    await visit.close()
  })

  it('signs in by a property of the element', async () => {
    const visit = await visitSaying(demo, '/element', { identity: tokenFor('u7') })
    const chat = chatOnPage(visit.page, 'aside-chat')
    await chat.input.waitFor()
    await chat.ask(secretOfOne)
    await chat.answered()
    await visit.page.evaluate((token) => {
      Object.assign(document.querySelector('aside-chat')!, { identity: token })
    }, tokenFor('u8'))
    await expect.poll(() => chat.panel.locator('.greeting').isVisible()).toBe(true)
    const stored = await visit.page.evaluate(() => JSON.stringify(localStorage))
    expect(stored).toContain('@u8')
    expect(stored).not.toContain('@u7')
    expect(visit.troubles).toEqual([])
    await visit.close()
  })
})
