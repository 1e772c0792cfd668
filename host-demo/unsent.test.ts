/** What is written and attached, and not sent yet: there after a reload, in its own conversation, and nowhere once it is over. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'
import { lampPicture } from './testing/pictures.ts'

const lamp = { name: 'lamp.png', mimeType: 'image/png', buffer: lampPicture() }
const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The lamp flickers.\n') }

const stored = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes(':unsent:')).length)

describe.skipIf(!findBrowser())('what is not sent yet', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  async function open() {
    const visit = await demo.visit('/federated-plain')
    const chat = chatOnPage(visit.page)
    const { panel } = chat
    await chat.open()
    const input = panel.locator('input[type=file]')
    await input.waitFor({ state: 'attached' })
    async function reload(): Promise<void> {
      await visit.page.reload()
      await chat.open()
      await input.waitFor({ state: 'attached' })
    }
    return { ...visit, chat, panel, upload: input, done: panel.locator('.upload.done'), reload }
  }

  it('comes back after a reload, is sent as it was, and is forgotten then', async () => {
    const { page, chat, panel, upload, done, reload, troubles, close } = await open()
    await chat.input.fill('The lamp')
    await upload.setInputFiles([lamp, notes])
    await expect.poll(() => done.count()).toBe(2)
    await reload()
    await expect.poll(() => chat.input.inputValue()).toBe('The lamp')
    await expect.poll(() => done.locator('.name').allTextContents()).toEqual(['lamp.png', 'notes.txt'])
    await panel.locator('.upload canvas').waitFor()
    await panel.getByRole('button', { name: 'Send' }).click()
    await panel.locator('.mine .pictures button:enabled').waitFor()
    expect(await panel.locator('.mine .filecard').count()).toBe(1)
    await chat.answered()
    expect(await stored(page)).toBe(0)
    await reload()
    expect(await chat.input.inputValue()).toBe('')
    expect(await done.count()).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })

  it('stays with its conversation while another one is open', async () => {
    const { chat, panel, upload, done, reload, troubles, close } = await open()
    await chat.ask('What is Aside?')
    await chat.answered()
    await chat.input.fill('And what else')
    await panel.locator('.header .iconbutton:has(.pen)').click()
    await expect.poll(() => chat.input.inputValue()).toBe('')
    await chat.input.fill('Something new')
    await upload.setInputFiles(notes)
    await expect.poll(() => done.count()).toBe(1)
    await panel.locator('.header .iconbutton:has(.back)').click()
    await panel.locator('.home .row').first().click()
    await expect.poll(() => chat.input.inputValue()).toBe('And what else')
    expect(await done.count()).toBe(0)
    await reload()
    await expect.poll(() => chat.input.inputValue()).toBe('And what else')
    await panel.locator('.header .iconbutton:has(.pen)').click()
    await expect.poll(() => chat.input.inputValue()).toBe('Something new')
    await expect.poll(() => done.count()).toBe(1)
    expect(troubles).toEqual([])
    await close()
  })

  it('comes back without what the server does not have any more', async () => {
    const { page, chat, upload, done, reload, close } = await open()
    await chat.input.fill('Both of these')
    await upload.setInputFiles([lamp, notes])
    await expect.poll(() => done.count()).toBe(2)
    const error = { code: 'not_found', message: 'No such file', requestId: 'req_1' }
    await page.route('**/v1/files/fil_*', (route) =>
      route.fulfill({ status: 404, json: { error }, headers: { 'access-control-allow-origin': '*' } }),
    )
    await reload()
    await expect.poll(() => chat.input.inputValue()).toBe('Both of these')
    await expect.poll(() => done.count()).toBe(0)
    await page.unrouteAll()
    await reload()
    await expect.poll(() => chat.input.inputValue()).toBe('Both of these')
    expect(await done.count()).toBe(0)
    await close()
  })

  it('is gone with who leaves', async () => {
    const { page, chat, panel, upload, done, reload, close } = await open()
    await chat.ask('What is Aside?')
    await chat.answered()
    await chat.input.fill('Not for others')
    await upload.setInputFiles(notes)
    await expect.poll(() => done.count()).toBe(1)
    expect(await stored(page)).toBe(1)
    await panel.locator('.header .iconbutton:has(.back)').click()
    await panel.locator('.header .iconbutton:has(.settings)').click()
    await panel.locator('.data .danger').click()
    await panel.getByRole('alertdialog').locator('.danger').click()
    await expect.poll(() => stored(page)).toBe(0)
    await reload()
    expect(await chat.input.inputValue()).toBe('')
    expect(await done.count()).toBe(0)
    await close()
  })
})
