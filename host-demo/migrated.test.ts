import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion } from './testing/documents.ts'

describe.skipIf(!findBrowser())('a page that was written for another product', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it('keeps its calls and events: Chatwoot', async () => {
    const visit = await demo.visit('/config.json')
    const { page } = visit
    await page.addInitScript(() => {
      if (window.parent !== window) return
      const heard: [string, unknown][] = []
      Object.assign(window, { heard })
      for (const name of ['ready', 'opened', 'closed', 'on-message', 'on-start-conversation', 'error'])
        addEventListener(`chatwoot:${name}`, (event) => heard.push([name, (event as CustomEvent).detail]))
    })
    await page.goto(`${demo.site.url}/from-chatwoot`)
    const heard = () => page.evaluate(() => (window as unknown as { heard: [string, Record<string, unknown>][] }).heard)
    const names = async () => (await heard()).map(([name]) => name)
    await expect.poll(names).toEqual(['ready'])
    const chat = chatOfTag(page, 'Chat with us')
    expect((await chat.launcher.boundingBox())!.x, 'on the left').toBeLessThan(100)

    await page.locator('#ask').click()
    await chat.input.waitFor()
    expect(await names()).toEqual(['ready', 'opened'])
    expect(await page.evaluate(() => (window as unknown as { $chatwoot: { isOpen: boolean } }).$chatwoot.isOpen)).toBe(
      true,
    )
    await chat.ask(tagQuestion)
    await chat.answered()
    await expect.poll(names).toContain('on-start-conversation')
    const messages = async () => (await heard()).filter(([name]) => name === 'on-message').map(([, it]) => it)
    await expect.poll(messages).toMatchObject([{ content: tagQuestion, message_type: 0 }, { message_type: 1 }])

    const refusal = await page.evaluate(() => {
      const { $chatwoot } = window as unknown as { $chatwoot: { setUser(id: unknown, user: object): void } }
      try {
        $chatwoot.setUser('u1', {})
        return ''
      } catch (error) {
        return String(error)
      }
    })
    expect(refusal).toContain('avatar_url, email, name')
    await page.evaluate(() => {
      const { $chatwoot } = window as unknown as { $chatwoot: Record<string, (...args: unknown[]) => void> }
      $chatwoot['setLocale']!('de_DE')
      $chatwoot['toggleBubbleVisibility']!('hide')
    })
    await chat.launcher.waitFor({ state: 'hidden' })
    await page.evaluate(() => (window as unknown as { chatwootSDK: { run(it: object): void } }).chatwootSDK.run({}))
    expect(await page.locator('script[src*="embed.js"]').count(), 'twice is once').toBe(1)
    expect(visit.troubles.filter((it) => !it.includes('404'))).toEqual([])
    await visit.close()
  })

  it('keeps its calls, also those from before it had loaded: Intercom', async () => {
    const visit = await demo.visit('/from-intercom')
    const { page } = visit
    await page.evaluate(() => {
      const host = window as unknown as { Intercom(...call: unknown[]): void; counts: unknown[] }
      host.counts = []
      host.Intercom('onShow', () => host.counts.push('shown'))
      host.Intercom('onHide', () => host.counts.push('hidden'))
    })
    const chat = chatOfTag(page)
    await chat.launcher.waitFor()
    expect((await chat.launcher.boundingBox())!.x, 'on the left').toBeLessThan(100)
    await page.locator('#ask').click()
    await expect.poll(() => chat.input.inputValue()).toBe('I would like ten Herons.')
    await page.evaluate(() => (window as unknown as { Intercom(...call: unknown[]): void }).Intercom('hide'))
    const heard = () => page.evaluate(() => (window as unknown as { counts: string[] }).counts)
    await expect.poll(heard).toEqual(['shown', 'hidden'])
    await page.evaluate(
      (text) => (window as unknown as { Intercom(...call: unknown[]): void }).Intercom('startConversation', text),
      tagQuestion,
    )
    await chat.answered()
    await page.evaluate(() => (window as unknown as { Intercom(...call: unknown[]): void }).Intercom('shutdown'))
    await expect.poll(() => page.evaluate(() => 'Aside' in window)).toBe(false)
    expect(visit.troubles).toEqual([])
    await visit.close()
  })
})
