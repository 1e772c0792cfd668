import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'

describe.skipIf(!findBrowser())('an answer that is longer than the panel', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'tokens:400:2', documents })
  })
  afterAll(() => demo?.close())

  it('is read from its beginning, and its end is one press away', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('Tell me everything')
    await chat.answered()
    const place = () =>
      chat.panel.locator('.scroller').evaluate((it) => {
        const answer = [...it.querySelectorAll('article')].at(-1)!
        return {
          top: Math.round(answer.getBoundingClientRect().top - it.getBoundingClientRect().top),
          left: it.scrollHeight - it.clientHeight - it.scrollTop,
        }
      })
    // Browsers scroll by whole pixels, and round each in its own way.
    const isAtTop = (px: number) => Math.abs(px - 12) <= 1
    expect((await place()).top).toSatisfy(isAtTop)
    expect((await place()).left).toBeGreaterThan(100)
    await chat.button('Go to the latest message').click()
    await expect.poll(async () => (await place()).left).toBeLessThan(2)

    // Who reads at the end and asks goes on with the next answer, from its beginning.
    await chat.ask('And more')
    await chat.answered(2)
    expect((await place()).top).toSatisfy(isAtTop)

    // Who has scrolled up is left there: what was in sight stays where it was.
    const question = chat.panel.locator('.mine').nth(1)
    const at = await question.evaluate((it) => {
      it.scrollIntoView({ block: 'center' })
      return it.getBoundingClientRect().top
    })
    await page.waitForTimeout(300)
    expect(Math.abs((await question.evaluate((it) => it.getBoundingClientRect().top)) - at)).toBeLessThan(2)
    await close()
  })
})
