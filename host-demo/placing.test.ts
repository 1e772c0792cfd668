import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { doubleClick, findBrowser, lacks } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { visitSaying } from './testing/tag-page.ts'

const picture = async (page: Page, name: string) => {
  const folder = process.env['PICTURES']
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}

describe.skipIf(!findBrowser())('the place of a floating panel', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  async function opened(options = {}) {
    const visit = await demo.visit('/federated-plain', options)
    const { page } = visit
    const chat = chatOnPage(page)
    const box = async () => {
      // It comes in a little smaller.
      await page.waitForTimeout(250)
      return chat.panel.boundingBox()
    }
    await chat.open()
    const pull = async (x: number, y: number, dx: number, dy: number) => {
      const window = page.viewportSize()!
      // No hand pulls farther than the edge of the screen.
      const to = [
        Math.min(Math.max(x + dx, 0), window.width - 1),
        Math.min(Math.max(y + dy, 0), window.height - 1),
      ] as const
      await page.mouse.move(x, y)
      await chat.panel.locator('.grips').waitFor({ state: 'attached' })
      await page.mouse.down()
      await page.mouse.move((x + to[0]) / 2, (y + to[1]) / 2)
      await page.mouse.move(...to)
      await page.mouse.up()
    }
    return { ...visit, chat, box, pull }
  }

  it('is where the visitor drags it by its header, in its own size, and again after a reload', async () => {
    const { page, chat, box, pull, troubles, close } = await opened()
    const before = (await box())!
    await pull(before.x + 120, before.y + 40, -400, -100)
    const moved = { ...before, x: before.x - 400, y: before.y - 100 }
    expect(await box()).toEqual(moved)
    await chat.input.fill('It can still be written in')
    expect(await audit(page)).toEqual([])

    await page.reload()
    await chat.open()
    await expect.poll(box).toEqual(moved)
    await page.setViewportSize({ width: 700, height: 560 })
    const small = (await box())!
    expect(small.x).toBeGreaterThanOrEqual(0)
    expect(small.y).toBeGreaterThanOrEqual(0)
    expect(small.x + small.width).toBeLessThanOrEqual(700)
    expect(small.y + small.height).toBeLessThanOrEqual(560)
    await page.setViewportSize({ width: 1_280, height: 800 })
    await expect.poll(box).toEqual(moved)

    await doubleClick(chat.panel.locator('h2'))
    await expect.poll(box).toEqual(before)
    expect(await page.evaluate(() => Object.keys(localStorage).filter((it) => it.includes('preferences')))).toEqual([])
    expect(troubles).toEqual([])
    await close()
  })

  it('grows and shrinks by its edges, as far as it can be used and the window reaches', async () => {
    const { box, pull, close } = await opened()
    const before = (await box())!
    await pull(before.x + 8, before.y + 8, -160, -120)
    expect(await box()).toEqual({
      x: before.x - 160,
      y: before.y - 120,
      width: before.width + 160,
      height: before.height + 120,
    })
    await pull(before.x - 152, before.y - 112, 900, 900)
    const least = (await box())!
    expect([least.width, least.height]).toEqual([320, 400])
    expect([least.x + least.width, least.y + least.height]).toEqual([before.x + before.width, before.y + before.height])
    await pull(least.x + 1, least.y + 200, -5_000, 0)
    expect((await box())!.x).toBe(0)
    await close()
  })

  it('is changed by the keyboard as well, and it is said to where', async () => {
    const { page, chat, box, close } = await opened()
    const before = (await box())!
    await page.keyboard.press('Shift+Tab')
    const handle = chat.button(/^Move or resize/)
    await handle.focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowUp')
    expect(await box()).toEqual({ ...before, x: before.x - 24, y: before.y - 24 })
    await chat.panel.getByText(`${before.x - 24} from the left, ${before.y - 24} from the top`).waitFor()
    await page.keyboard.press('Shift+ArrowLeft')
    expect((await box())!.width).toBe(before.width + 24)
    await chat.panel.getByText(`${before.width + 24} wide`).waitFor()
    await page.keyboard.press('Home')
    await expect.poll(box).toEqual(before)
    await close()
  })

  it('is the whole screen of a phone, whatever is remembered', async () => {
    const { page, chat, box, pull, close } = await opened()
    const before = (await box())!
    await pull(before.x + 120, before.y + 40, -300, -50)
    await page.setViewportSize({ width: 390, height: 700 })
    await expect.poll(box).toEqual({ x: 0, y: 0, width: 390, height: 700 })
    expect(await chat.panel.locator('.grips').count()).toBe(0)
    await close()
  })
})

describe.skipIf(!findBrowser())('the place of the frame of a tag', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  async function opened(path = '/script-tag', attributes: Record<string, string> = {}) {
    const visit = await visitSaying(demo, path, attributes)
    const { page } = visit
    const chat = chatOfTag(page)
    await chat.open()
    const box = async () => (await page.locator('iframe').boundingBox())!
    const grips = chat.panel.locator('.grips')
    const pull = async (x: number, y: number, dx: number, dy: number) => {
      await page.mouse.move(x, y)
      await grips.locator('button').waitFor()
      await page.mouse.down()
      // So that the frame keeps up: a pointer that is pressed stays with it in people's hands, and in Firefox's driver does not.
      for (let step = 1; step <= 20; step++) {
        await page.mouse.move(x + (dx * step) / 20, y + (dy * step) / 20)
        await page.waitForTimeout(30)
      }
      await page.mouse.up()
    }
    return { ...visit, chat, box, pull, grips }
  }

  const dragging = it.skipIf(lacks('a pointer that is pressed on a frame that moves'))

  dragging.for(['/script-tag', '/strict-csp'])(
    'is where the visitor drags it, and again after a reload: %s',
    async (path) => {
      const { page, chat, box, pull, troubles, close } = await opened(path)
      const before = await box()
      await pull(before.x + 120, before.y + 40, -400, -100)
      const moved = { ...before, x: before.x - 400, y: before.y - 100 }
      await expect.poll(box).toEqual(moved)
      await picture(page, `tag-dragged${path.replace('/', '-')}`)
      await chat.input.fill('It can still be written in')

      await page.reload()
      // What was open is again.
      await chat.input.waitFor()
      await expect.poll(box).toEqual(moved)
      await page.setViewportSize({ width: 700, height: 560 })
      await expect.poll(async () => (await box()).x).toBeLessThanOrEqual(340)
      const small = await box()
      expect(small.x).toBeGreaterThanOrEqual(0)
      expect(small.y).toBeGreaterThanOrEqual(0)
      expect(small.y + small.height).toBeLessThanOrEqual(560)
      await page.setViewportSize({ width: 1_280, height: 800 })
      await expect.poll(box).toEqual(moved)

      await doubleClick(chat.panel.locator('h2'))
      await expect.poll(box).toEqual(before)
      expect(await page.locator('iframe').getAttribute('style')).toBeFalsy()
      expect(troubles).toEqual([])
      await close()
    },
  )

  dragging('grows and shrinks by its edges, as far as the window of the page reaches', async () => {
    const { page, box, pull, close } = await opened()
    const before = await box()
    await pull(before.x + 8, before.y + 8, -160, -120)
    const grown = { x: before.x - 160, y: before.y - 120, width: before.width + 160, height: before.height + 120 }
    await expect.poll(box).toEqual(grown)
    await picture(page, 'tag-grown')
    await pull(grown.x + 8, grown.y + 8, 900, 900)
    await expect.poll(async () => (await box()).width).toBe(320)
    const least = await box()
    expect([least.x + least.width, least.y + least.height]).toEqual([before.x + before.width, before.y + before.height])
    await pull(least.x + 120, least.y + 40, -5_000, -5_000)
    await expect.poll(box).toEqual({ ...least, x: 0, y: 0 })
    await close()
  })

  it('is changed by the keyboard as well, and it is said to where', async () => {
    const { page, chat, box, close } = await opened()
    const before = await box()
    await page.keyboard.press('Shift+Tab')
    await chat.button(/^Move or resize/).focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowUp')
    await expect.poll(box).toEqual({ ...before, x: before.x - 24, y: before.y - 24 })
    await chat.panel.getByText(`${before.x - 24} from the left, ${before.y - 24} from the top`).waitFor()
    await page.keyboard.press('Shift+ArrowLeft')
    await expect.poll(async () => (await box()).width).toBe(before.width + 24)
    await page.keyboard.press('Home')
    await expect.poll(box).toEqual(before)
    await close()
  })

  it('is remembered from the corner of the bubble, on whichever side that is', async () => {
    const { page, box, pull, close } = await opened('/script-tag', { 'data-position': 'left' })
    const before = await box()
    expect(before.x).toBe(20)
    await pull(before.x + 120, before.y + 40, 200, -80)
    const moved = { ...before, x: before.x + 200, y: before.y - 80 }
    await expect.poll(box).toEqual(moved)
    await page.setViewportSize({ width: 1_600, height: 800 })
    await expect.poll(box).toEqual(moved)
    await close()
  })

  dragging('is the whole screen of a phone, whatever is remembered, and what is inline stays', async () => {
    const { page, box, pull, grips, close } = await opened()
    const before = await box()
    await pull(before.x + 120, before.y + 40, -300, -50)
    await expect.poll(async () => (await box()).x).toBe(before.x - 300)
    await page.setViewportSize({ width: 390, height: 700 })
    await expect.poll(box).toEqual({ x: 0, y: 0, width: 390, height: 700 })
    await grips.waitFor({ state: 'hidden' })
    await page.setViewportSize({ width: 1_280, height: 800 })
    await expect.poll(async () => (await box()).x).toBe(before.x - 300)
    await close()

    const inline = await visitSaying(demo, '/script-tag', { 'data-mode': 'inline', 'data-target': '.picture' })
    const chat = chatOfTag(inline.page)
    await chat.input.hover()
    await inline.page.keyboard.press('Shift+Tab')
    await inline.page.waitForTimeout(300)
    expect(await chat.panel.locator('.grips').count()).toBe(0)
    await inline.close()
  })
})

describe.skipIf(!findBrowser())('a phone', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  it('is filled when it lies on its side, too', async () => {
    const { page, close } = await demo.visit('/federated-plain', {
      viewport: { width: 844, height: 390 },
      isMobile: true,
      hasTouch: true,
    })
    const chat = chatOnPage(page)
    await chat.open()
    await expect.poll(() => chat.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 844, height: 390 })
    await close()
  })

  const title = 'shows every view in what its keyboard leaves of the screen, with fields that are not zoomed into'
  it.skipIf(lacks('a page zoomed into'))(title, async () => {
    const { page, context, close } = await demo.visit('/federated-plain', {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    })
    const chat = chatOnPage(page)
    await chat.open()
    await chat.ask('What is an epoch good for?')
    await chat.answered()
    const devtools = await context.newCDPSession(page)
    // What a keyboard does to the visual viewport, as near as Chromium comes to it without one.
    await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1.5 })
    const seen = () => page.evaluate(() => ({ height: visualViewport!.height, top: visualViewport!.offsetTop }))
    await expect.poll(async () => (await seen()).height).toBeLessThan(600)
    const panel = () =>
      chat.panel.evaluate((it: HTMLElement) => ({ height: it.offsetHeight, top: it.offsetTop, width: it.offsetWidth }))
    const fits = async () => {
      const { height, top } = await seen()
      const box = await panel()
      return Math.abs(box.height - height) < 1 && Math.abs(box.top - top) < 1
    }
    const sizes = () =>
      chat.panel
        .locator(':is(input:not([type=radio], [type=checkbox], [type=file]), textarea, select):visible')
        .evaluateAll((fields) => fields.map((it) => Number.parseFloat(getComputedStyle(it).fontSize)))
    await expect.poll(fits).toBe(true)
    expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16)
    await chat.button('Conversations').dispatchEvent('click')
    await chat.panel.getByRole('searchbox').waitFor()
    expect(await fits()).toBe(true)
    expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16)
    await chat.button('Settings').dispatchEvent('click')
    await chat.panel.getByRole('combobox').waitFor()
    expect(await fits()).toBe(true)
    expect(Math.min(...(await sizes()))).toBeGreaterThanOrEqual(16)
    await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1 })
    await expect.poll(panel).toEqual({ height: 844, top: 0, width: 390 })
    await close()
  })
})
