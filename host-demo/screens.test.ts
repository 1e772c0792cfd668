import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

describe.skipIf(!findBrowser())('the size and the direction of a screen', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it.for([{ path: '/script-tag' }, { path: '/federated-plain' }])(
    'fills a phone, and gives it back: $path',
    async ({ path }) => {
      const { page, close } = await demo.visit(path, phone)
      const isTag = path === '/script-tag'
      const chat = isTag ? chatOfTag(page) : chatOnPage(page)
      const launcher = await chat.launcher.boundingBox()
      expect(launcher).toMatchObject({ width: 56, height: 56 })
      await chat.open()
      const box = () => (isTag ? page.locator('iframe') : chat.panel).boundingBox()
      await expect.poll(box).toEqual({ x: 0, y: 0, width: 390, height: 844 })
      await chat.ask(tagQuestion)
      expect(await chat.answered()).toContain(tagSentence)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(overflow, 'the page does not scroll sideways').toBeLessThanOrEqual(0)

      await chat.button('Close chat').click()
      await expect.poll(() => chat.input.isVisible()).toBe(false)
      await page.getByRole('link', { name: 'Delivery' }).click()
      await page.waitForURL('**/federated-plain')
      await close()
    },
  )

  it('is a panel of 360 × 480 beside a wide page', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    expect(await page.locator('iframe').boundingBox()).toMatchObject({ width: 360, height: 480 })
    expect(await chat.launcher.boundingBox()).toMatchObject({ width: 56, height: 56 })
    await close()
  })

  it('fits into a low window, with everything in reach', async () => {
    const { page, close } = await demo.visit('/federated-plain', { viewport: { width: 800, height: 360 } })
    const chat = chatOnPage(page)
    await chat.open()
    const panel = await chat.panel.boundingBox()
    const input = await chat.input.boundingBox()
    expect(panel!.y).toBeGreaterThanOrEqual(0)
    expect(input!.y + input!.height).toBeLessThanOrEqual(360)
    await close()
  })

  it('turns round for a language that is written from the right', async () => {
    const { page, troubles, close } = await demo.visit('/right-to-left')
    const chat = chatOfTag(page, 'المحادثة')
    const launcher = await chat.launcher.boundingBox()
    expect(launcher!.x, 'the tag asks for the left side').toBeLessThan(100)
    await chat.open()
    const root = chat.panel.locator('xpath=..')
    await expect.poll(() => root.getAttribute('dir')).toBe('rtl')
    expect(await root.getAttribute('lang')).toBe('ar')

    await chat.ask('أين ألصق وسم السكربت؟ script tag')
    expect(await chat.answered()).toContain(tagSentence)
    const [input, send, mine, answer] = await Promise.all([
      chat.input.boundingBox(),
      chat.panel.locator('.go').boundingBox(),
      chat.panel.locator('.mine .bubble').boundingBox(),
      chat.answers.first().boundingBox(),
    ])
    expect(send!.x, 'the button stands where a line ends').toBeLessThan(input!.x)
    expect(mine!.x, 'the visitor speaks from where a line ends').toBeLessThan(answer!.x + answer!.width / 2)
    expect(troubles).toEqual([])
    await close()
  })
})
