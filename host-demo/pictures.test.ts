/** Every view in every look: nothing fails axe, and `PICTURES=<folder>` keeps what it looks like. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

const folder = process.env['PICTURES']
if (folder) mkdirSync(folder, { recursive: true })

const desktop = { viewport: { width: 900, height: 700 } }
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
const looks = [
  { name: 'desktop-light', colorScheme: 'light', locale: 'en-GB', ...desktop },
  { name: 'desktop-dark', colorScheme: 'dark', locale: 'en-GB', ...desktop },
  { name: 'desktop-light-rtl', colorScheme: 'light', locale: 'ar', ...desktop },
  { name: 'desktop-dark-rtl', colorScheme: 'dark', locale: 'ar', ...desktop },
  { name: 'phone-light', colorScheme: 'light', locale: 'en-GB', ...phone },
  { name: 'phone-dark', colorScheme: 'dark', locale: 'en-GB', ...phone },
  { name: 'phone-light-rtl', colorScheme: 'light', locale: 'ar', ...phone },
  { name: 'phone-dark-rtl', colorScheme: 'dark', locale: 'ar', ...phone },
  { name: 'contrast-light', colorScheme: 'light', contrast: 'more', locale: 'en-GB', ...desktop },
  { name: 'contrast-dark', colorScheme: 'dark', contrast: 'more', locale: 'en-GB', ...desktop },
  { name: 'forced-light', colorScheme: 'light', forcedColors: 'active', locale: 'en-GB', ...desktop },
  { name: 'forced-dark', colorScheme: 'dark', forcedColors: 'active', locale: 'en-GB', ...desktop },
] as const

const brief: string[] = [
  'desktop-light',
  'desktop-dark-rtl',
  'phone-dark',
  'phone-light-rtl',
  'contrast-dark',
  'forced-light',
]

describe.skipIf(!findBrowser())('every view', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({
      config: { suggestedQuestions: ['How do I put Aside on a page?', 'Which browsers are supported?'] },
    })
  })
  afterAll(() => demo?.close())

  // Every look where pictures are wanted; else each colour, width, direction and contrast at least once.
  const seen = folder ? looks : looks.filter(({ name }) => brief.includes(name))
  it.for(seen)('can be read and used by everybody: $name', async ({ name, ...look }) => {
    const { page, context, troubles, close } = await demo.visit('/federated-plain', look)
    const chat = chatOnPage(page)
    const { panel } = chat
    const check = async (view: string) => {
      expect(await audit(page), view).toEqual([])
      const wide = await panel.evaluate((it) =>
        [it, ...it.querySelectorAll('.over, .scroller')].map((box) => box.scrollWidth - box.clientWidth),
      )
      expect(Math.max(...wide), `${view} does not scroll sideways`).toBe(0)
      if (folder) await page.screenshot({ path: join(folder, `${view}-${name}.png`) })
    }
    await chat.open()
    await page.mouse.move(5, 5)
    await check('welcome')
    for (const [i, question] of [
      'What is an epoch good for?',
      'What survives a killed server?',
      'How do I put Aside on a page?',
      'Can I use a Content-Security-Policy?',
    ].entries()) {
      if (i > 0) await panel.locator('.header .iconbutton:has(.pen)').click()
      await chat.ask(question)
      await chat.answered()
    }
    await check('thread')
    await panel.locator('.answer .cite').first().click()
    await panel.locator('.passage .md').waitFor()
    await check('passage')
    await page.keyboard.press('Escape')
    await panel.locator('.passage').waitFor({ state: 'detached' })
    await panel.locator('.header .iconbutton:has(.back)').click()
    await panel.locator('.home .row').nth(2).waitFor()
    await check('home')
    await panel.locator('.home .seek').click()
    await panel.getByRole('searchbox').fill('epoch')
    await panel.locator('mark').first().waitFor()
    await check('search')
    await panel.getByRole('searchbox').fill('')
    await panel.locator('.conversations .row').nth(3).waitFor()
    await check('conversations')
    await panel.locator('.header .iconbutton:has(.settings)').click()
    await panel.getByRole('switch').waitFor()
    await check('settings')
    await panel.locator('.data .danger').click()
    await panel.getByRole('alertdialog').waitFor()
    await check('delete')
    expect(troubles).toEqual([])
    await page.reload()
    await chat.open()
    await panel.locator('.answer .actions').first().waitFor()
    await context.setOffline(true)
    await chat.ask('Is anybody there?')
    await panel.locator('.delivery.waiting').waitFor()
    await check('offline')
    await close()
  })
})
