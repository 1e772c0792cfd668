import process from 'node:process'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser, lacks } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'
import { lampPicture } from './testing/pictures.ts'

const lamp = { name: 'lamp.png', mimeType: 'image/png', buffer: lampPicture() }
const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The lamp flickers.\n') }
const svg = { name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg onload="alert(1)"/>') }
/** Says it is text, and is none: only the server finds out. */
const program = { name: 'run.txt', mimeType: 'text/plain', buffer: Buffer.from('MZ\x90\0', 'latin1') }
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

const folder = process.env['PICTURES']
const picture = async (page: Page, name: string) => {
  if (folder) await page.screenshot({ path: `${folder}/attachments-${name}.png` })
}

describe.skipIf(!findBrowser())('files that a visitor sends', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  const parts = ({ panel }: Chat) => ({
    input: panel.locator('input[type=file]'),
    cards: panel.locator('.upload'),
    done: panel.locator('.upload.done'),
    send: panel.getByRole('button', { name: 'Send' }),
    pictures: panel.locator('.mine .pictures button:enabled'),
    files: panel.locator('.mine .filecard'),
  })
  async function open(path = '/script-tag', options?: Parameters<Demo['visit']>[1]) {
    const visit = await demo.visit(path, options)
    const chat = path === '/script-tag' ? chatOfTag(visit.page) : chatOnPage(visit.page)
    await chat.open()
    const all = parts(chat)
    await all.input.waitFor({ state: 'attached' })
    return { ...visit, chat, ...all }
  }

  it('are chosen, sent with a message or alone, and there after a reload', async () => {
    const { page, chat, input, done, send, pictures, files, troubles, strangers, close } = await open()
    await input.setInputFiles([lamp, notes])
    await expect.poll(() => done.count()).toBe(2)
    expect(await audit(page)).toEqual([])
    await picture(page, 'chosen-light')
    await chat.ask('What is wrong with it?')
    await chat.answered()
    await expect.poll(() => pictures.count()).toBe(1)
    expect(await files.textContent()).toContain('notes.txt')
    expect(await audit(page)).toEqual([])
    await picture(page, 'sent-light')

    // Nothing but a file is a message too.
    await input.setInputFiles([lamp])
    await expect.poll(() => done.count()).toBe(1)
    await send.click()
    await chat.answered(2)
    await page.reload()
    await expect.poll(() => pictures.count()).toBe(2)
    const [download] = await Promise.all([page.waitForEvent('download'), files.click()])
    expect(download.suggestedFilename()).toBe('notes.txt')
    expect(troubles).toEqual([])
    expect(strangers).toEqual([])
    await close()
  })

  it('are pasted and dropped', async () => {
    const { page, chat, done, troubles, close } = await open()
    const data = lamp.buffer.toString('base64')
    const give = (type: 'paste' | 'dragover' | 'drop') =>
      chat.input.evaluate(
        (element, { type, data }) => {
          const bytes = Uint8Array.from(atob(data), (it) => it.charCodeAt(0))
          const transfer = new DataTransfer()
          transfer.items.add(new File([bytes], `${type}ed.png`, { type: 'image/png' }))
          const how = { bubbles: true, cancelable: true, composed: true }
          const event =
            type === 'paste'
              ? // Firefox leaves empty what a script says was pasted.
                Object.defineProperty(new ClipboardEvent(type, how), 'clipboardData', { value: transfer })
              : new DragEvent(type, { ...how, dataTransfer: transfer })
          element.dispatchEvent(event)
          return event.defaultPrevented
        },
        { type, data },
      )
    expect(await give('paste')).toBe(true)
    await expect.poll(() => done.count()).toBe(1)
    expect(await give('dragover')).toBe(true)
    await chat.panel.getByText('Drop files here').waitFor()
    await picture(page, 'dropping-light')
    expect(await give('drop')).toBe(true)
    await expect.poll(() => done.count()).toBe(2)
    expect(await chat.panel.getByText('Drop files here').count()).toBe(0)
    expect(await done.locator('.name').allTextContents()).toEqual(['pasteed.png', 'droped.png'])
    expect(troubles).toEqual([])
    await close()
  })

  it('are refused one by one, in words, and hold up neither the others nor the text', async () => {
    const { page, chat, input, cards, done, pictures, troubles, close } = await open()
    const large = { ...notes, name: 'large.txt', buffer: Buffer.alloc(11_000_000, 'x') }
    const empty = { ...notes, name: 'empty.txt', buffer: Buffer.alloc(0) }
    await input.setInputFiles([svg, program, lamp, large, empty])
    await expect.poll(() => done.count()).toBe(1)
    const alerts = chat.panel.getByRole('alert')
    await expect
      .poll(() => alerts.allTextContents())
      .toEqual([
        'logo.svg: Images, PDF and text only',
        'run.txt: Images, PDF and text only',
        'large.txt: Larger than 10 MB',
        'empty.txt: This file is empty',
      ])
    expect(await audit(page)).toEqual([])
    await picture(page, 'refused-light')
    // By keyboard: the next one has the focus when one is gone.
    await chat.button('Remove logo.svg').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => cards.count()).toBe(4)
    await page.keyboard.press('Enter')
    await expect.poll(() => cards.count()).toBe(3)
    expect(await chat.panel.locator('.upload .name').allTextContents()).toEqual(['lamp.png', 'large.txt', 'empty.txt'])
    await chat.ask('Only the lamp goes along')
    await chat.answered()
    expect(await cards.count()).toBe(0)
    await expect.poll(() => pictures.count()).toBe(1)
    // What the server refused the browser tells of by itself.
    expect(troubles.filter((it) => !it.includes('415'))).toEqual([])
    await close()
  })

  it('are five at most, and whoever chose more is told', async () => {
    const { chat, input, done, close } = await open()
    await input.setInputFiles(Array.from({ length: 7 }, (_, i) => ({ ...notes, name: `${i}.txt` })))
    await chat.panel.getByText('No more than 5 files fit into a message.').waitFor()
    await expect.poll(() => done.count()).toBe(5)
    await close()
  })

  it.skipIf(lacks('a slow network'))('show how far they are, can be cancelled, and are waited for', async () => {
    const { page, chat, input, cards, done, send, close } = await open('/federated-plain')
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    const limit = { offline: false, latency: 0, downloadThroughput: -1 }
    await session.send('Network.emulateNetworkConditions', { ...limit, uploadThroughput: 300_000 })
    const slow = { ...notes, name: 'slow.txt', buffer: Buffer.alloc(1_500_000, 'slow ') }
    await chat.input.fill('What is in it?')
    await input.setInputFiles([slow, { ...slow, name: 'slower.txt' }])
    const bars = chat.panel.getByRole('progressbar')
    await expect.poll(() => bars.count()).toBe(2)
    await expect.poll(async () => Number(await bars.first().getAttribute('aria-valuenow'))).toBeGreaterThan(10)
    expect(await send.isDisabled(), 'nothing goes without them').toBe(true)
    await expect
      .poll(() => chat.panel.locator('form [aria-live=polite]').first().textContent())
      .toMatch(/slow\.txt: \d+%/)
    expect(await audit(page)).toEqual([])
    await picture(page, 'sending-light')
    await chat.button('Remove slower.txt').click()
    await expect.poll(() => cards.count()).toBe(1)
    await session.send('Network.emulateNetworkConditions', { ...limit, uploadThroughput: -1 })
    await expect.poll(() => done.count()).toBe(1)
    await send.click()
    await chat.answered()
    await close()
  })

  it('that went up stay with a message that waits for the network, over a reload', async () => {
    const { page, context, chat, input, done, files, close } = await open()
    await input.setInputFiles([notes])
    await expect.poll(() => done.count()).toBe(1)
    // The server cannot be reached, the page itself can.
    await context.route('**/v1/conversations**', (route) => route.abort())
    await chat.ask('Keep it for me')
    await expect.poll(() => files.count()).toBe(1)
    await context.unroute('**/v1/conversations**')
    await page.reload()
    await chat.answered()
    await expect.poll(() => files.textContent()).toContain('notes.txt')
    await close()
  })

  it('stay with a question that is changed', async () => {
    const { chat, input, done, files, troubles, close } = await open()
    await input.setInputFiles([notes])
    await expect.poll(() => done.count()).toBe(1)
    await chat.ask('What is rong with it?')
    await chat.answered()
    await chat.button('Change this question').click()
    await chat.ask('What is wrong with it?')
    await chat.panel.locator('.mine').getByText('What is wrong with it?').waitFor()
    await chat.answered()
    await expect.poll(() => files.allTextContents()).toEqual([expect.stringContaining('notes.txt')])
    expect(troubles).toEqual([])
    await close()
  })

  it('open larger, by keyboard too, and Escape closes that and nothing else', async () => {
    const { page, chat, input, done, send, pictures, troubles, close } = await open()
    await input.setInputFiles([lamp])
    await expect.poll(() => done.count()).toBe(1)
    await send.click()
    await chat.answered()
    await pictures.focus()
    await page.keyboard.press('Enter')
    const dialog = chat.panel.getByRole('dialog')
    await dialog.waitFor()
    expect(await audit(page)).toEqual([])
    await picture(page, 'enlarged-light')
    const [download] = await Promise.all([page.waitForEvent('download'), chat.button('Download lamp.png').click()])
    expect(download.suggestedFilename()).toBe('lamp.png')
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    expect(await chat.panel.isVisible()).toBe(true)
    expect(troubles).toEqual([])
    await close()
  })

  it.for([
    ['dark', { colorScheme: 'dark' as const }],
    ['phone', phone],
    ['phone-dark', { ...phone, colorScheme: 'dark' as const }],
  ] as const)('look like the rest of it: %s', async ([name, options]) => {
    const { page, chat, input, done, pictures, close } = await open('/script-tag', options)
    await input.setInputFiles([lamp, { ...lamp, name: 'evening.png' }, notes])
    await expect.poll(() => done.count()).toBe(3)
    await chat.ask('Both flicker, see my notes')
    await chat.answered()
    await expect.poll(() => pictures.count()).toBe(2)
    await input.setInputFiles([lamp, svg, { ...notes, name: 'a rather long name of a file that nobody reads.txt' }])
    await expect.poll(() => done.count()).toBe(2)
    expect(await audit(page)).toEqual([])
    await picture(page, name)
    await close()
  })

  it('are not asked for where the app takes none', async () => {
    const plain = await openDemo({ model: 'echo', documents, config: { features: { uploads: false } } })
    const { page, close } = await plain.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('Where do I paste the script tag?')
    await chat.answered()
    expect(await chat.panel.locator('input[type=file]').count()).toBe(0)
    await close()
    await plain.close()
  })
})
