import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

const picture = join(import.meta.dirname, '../docs/images/answer.png')

/** What the demo proposes to ask, and where the answer stands. */
const suggestions = [
  ['How do I put the chat on a page?', 'README.md'],
  ['What happens to an answer when the server dies?', 'docs/architecture.md'],
  ['Can I use a Content-Security-Policy?', 'docs/csp.md'],
] as const

describe.skipIf(!findBrowser())('the demo answers about Aside from its documentation', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  it.for(suggestions)('knows what it proposes to ask: %s', async ([question, file]) => {
    const { page, troubles, close } = await demo.visit('/')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.panel.getByRole('button', { name: question }).click()
    await chat.answered()
    await chat.answers.first().locator('.sources button').first().click()
    await expect.poll(() => chat.panel.locator('.passage .path').innerText()).toContain(file)
    await chat.panel.locator('.passage .md').waitFor()
    expect(troubles).toEqual([])
    await close()
  })

  it('says plainly that it knows nothing about lamps', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('How much does a Heron cost?')
    expect(await chat.answered()).toContain('no answer')
    expect(await chat.answers.first().locator('.sources').count()).toBe(0)
    await close()
  })

  it('looks as the README shows it', async () => {
    const size = { width: 1_080, height: 720 }
    const { page, close } = await demo.visit('/script-tag', {
      viewport: size,
      deviceScaleFactor: 2,
      colorScheme: 'light',
    })
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('What survives a killed server?')
    await chat.answered()
    await page.mouse.move(20, 300)
    await page.waitForTimeout(500)
    expect(await page.locator('iframe').boundingBox()).toMatchObject({ width: 360, height: 480 })
    if (process.env['UPDATE_SCREENSHOTS'] === '1' || !existsSync(picture)) await page.screenshot({ path: picture })
    await close()
  })
})
