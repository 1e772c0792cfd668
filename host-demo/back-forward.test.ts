import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Widget } from '../widget/sdk.ts'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findChromium, launchChromium } from './testing/chromium.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'

interface Way {
  name: string
  path: string
  find: (page: Page) => Chat
}

const ways: Way[] = [
  { name: 'the script tag', path: '/script-tag', find: (page) => chatOfTag(page) },
  { name: 'the federated mount', path: '/federated-plain', find: (page) => chatOnPage(page) },
]

/** On the page's side: the driver loses sight of what is in a frame that was kept. */
interface Host {
  chat?: Widget
  heard: string[]
  isKept?: boolean
  isRestored?: boolean
}

describe.skipIf(!findChromium())('a page that its browser kept as it was', () => {
  let demo: Demo
  let browser: Browser
  /** Streams that the server has open. */
  const streams = new Set<ServerResponse>()
  const count = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    if (!request.url?.startsWith('/v1/events')) return
    streams.add(response)
    response.once('close', () => streams.delete(response))
  }

  beforeAll(async () => {
    subscribe('http.server.request.start', count)
    demo = await openDemo({ model: 'echo', documents })
    // Driven browsers keep none, for it makes tests depend on each other.
    browser = await launchChromium([], ['--disable-back-forward-cache'])
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.close()
    unsubscribe('http.server.request.start', count)
  })

  it.for(ways)('has its chat again, once, live, and over one stream: $name', async ({ path, find }) => {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: 'en-GB' })
    context.setDefaultTimeout(15_000)
    const errors: string[] = []
    context.on('weberror', (error) => errors.push(String(error.error())))
    const page = await context.newPage()
    await page.goto(`${demo.site.url}${path}`)
    const chat = find(page)
    await chat.open()
    await chat.ask(tagQuestion)
    expect(await chat.answered()).toContain(tagSentence)
    expect(streams.size).toBe(1)
    await page.evaluate(() => {
      const host = window as unknown as Host
      host.chat ??= Object.values(window.Aside?.widgets ?? {})[0]
      host.heard = []
      host.isKept = true
      host.chat?.on('message', ({ author, text }) => host.heard.push(`${author}: ${text}`))
      addEventListener('pageshow', ({ persisted }) => (host.isRestored = persisted))
    })

    await page.goto(`${demo.site.url}/config.json`)
    await expect.poll(() => streams.size, { message: 'nothing is left open' }).toBe(0)
    // What is restored does not load.
    await page.goBack({ waitUntil: 'commit' })
    const host = () =>
      page.evaluate(() => {
        const { isKept, isRestored, chat } = window as unknown as Host
        return { isKept, isRestored, connection: chat?.getState().connection }
      })
    await expect.poll(host).toEqual({ isKept: true, isRestored: true, connection: 'live' })

    await page.evaluate((question) => (window as unknown as Host).chat?.send(question), tagQuestion)
    const heard = () => page.evaluate(() => (window as unknown as Host).heard)
    await expect.poll(async () => (await heard()).length).toBe(2)
    expect(await heard()).toEqual([`visitor: ${tagQuestion}`, expect.stringContaining(tagSentence)])
    expect(streams.size).toBe(1)
    expect(await chat.launcher.count()).toBe(1)
    await chat.launcher.click()
    await expect.poll(() => page.evaluate(() => (window as unknown as Host).chat?.getState().open)).toBe(false)
    expect(errors).toEqual([])
    await context.close()
  })
})
