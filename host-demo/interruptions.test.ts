import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents } from './testing/documents.ts'
import { type ServerProcess, startServerProcess } from './testing/server-process.ts'

const MODEL = 'tokens:200:5'
const wholeAnswer = Array.from({ length: 200 }, (_, index) => `w${index}`).join(' ')

describe.skipIf(!findBrowser())('an answer that is interrupted', () => {
  let demo: Demo
  let server: ServerProcess
  beforeAll(async () => {
    demo = await openDemo({
      model: MODEL,
      documents,
      startServer: async (modelUrl) => (server = await startServerProcess(modelUrl)),
    })
  })
  afterAll(() => demo?.close())

  it.for([
    { way: 'the script tag', path: '/script-tag' },
    { way: 'the element', path: '/element' },
  ])('goes on after a reload in the middle, word for word, asked for once: $way', async ({ path }) => {
    const { page, troubles, close } = await demo.visit(path)
    const chat = path === '/element' ? chatOnPage(page, 'aside-chat') : chatOfTag(page)
    if (path === '/element') await chat.input.waitFor()
    else await chat.open()
    const calls = demo.models!.calls(MODEL)
    const gate = demo.models!.gate(MODEL, 60)
    await chat.ask('Count, please')
    await expect.poll(() => chat.text()).toContain('w50')

    await page.reload()
    await chat.input.waitFor()
    await expect.poll(() => chat.text(), { message: 'what was there is there again' }).toContain('w50')
    expect(await chat.text(), 'it is still being written').not.toContain('w99')
    gate.release()
    expect(await chat.answered()).toBe(wholeAnswer)
    expect(await chat.panel.locator('.mine').count()).toBe(1)
    expect(demo.models!.calls(MODEL)).toBe(calls + 1)

    await page.reload()
    expect(await chat.answered()).toBe(wholeAnswer)
    expect(troubles).toEqual([])
    await close()
  })

  it('says so when the server was killed, keeps what was shown, and offers to try again', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    demo.models!.gate(MODEL, 60)
    await chat.ask('Count, please')
    await expect.poll(() => chat.text()).toContain('w50')

    await server.kill()
    await chat.panel.getByText('Connection lost. Reconnecting').waitFor()
    const shown = await chat.text()
    await server.start()
    await chat.panel.getByText('The answer was interrupted.').waitFor({ timeout: 40_000 })
    const kept = await chat.text()
    expect(wholeAnswer.startsWith(kept)).toBe(true)
    // The running text is written down every quarter of a second, in which this model says fifty words at most.
    expect(kept.split(' ').length, 'hardly anything that was shown is lost').toBeGreaterThan(
      shown.split(' ').length - 51,
    )
    expect(await chat.panel.getByText('Connection lost').count()).toBe(0)

    await chat.button('Retry').click()
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(wholeAnswer)
    expect(await chat.answers.count()).toBe(1)
    await close()
  })

  it('can be asked for once more after something else was asked', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    demo.models!.gate(MODEL, 60)
    await chat.ask('Count, please')
    await expect.poll(() => chat.text()).toContain('w50')
    await server.kill()
    await server.start()
    await chat.panel.getByText('The answer was interrupted.').waitFor({ timeout: 40_000 })
    await chat.ask('Something else')
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(wholeAnswer)

    expect(await chat.button('Retry').count()).toBe(0)
    await chat.button('Ask again').click()
    await expect.poll(() => chat.answers.count()).toBe(3)
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(wholeAnswer)
    expect(await chat.panel.locator('.mine .bubble').allTextContents()).toEqual([
      'Count, please',
      'Something else',
      'Count, please',
    ])
    await close()
  })

  it('stops when the visitor says so, and keeps the part that was written', async () => {
    const { page, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    demo.models!.gate(MODEL, 20)
    await chat.ask('Count, please')
    await expect.poll(() => chat.text()).toContain('w15')
    await chat.button('Stop answering').click()
    await chat.panel.getByText('Stopped').waitFor()
    const text = await chat.text()
    expect(wholeAnswer.startsWith(text)).toBe(true)
    expect(text.length).toBeLessThan(wholeAnswer.length)
    await page.reload()
    await expect.poll(() => chat.text()).toBe(text)
    await close()
  })

  it('is asked for later when there is no network: written offline, sent once, answered', async () => {
    const { page, context, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    // What draws an answer is there by then: without it an answer is plain text.
    await chat.ask('Hello')
    await chat.answered()
    await chat.button('New conversation').click()
    await chat.panel.locator('.welcome').waitFor()
    await context.setOffline(true)
    await chat.panel.getByText('You are offline').waitFor()
    await chat.ask('Written on a train')
    await chat.panel.getByText('Not sent yet').waitFor()

    await context.setOffline(false)
    await expect.poll(() => chat.panel.getByText('You are offline').count()).toBe(0)
    expect(await chat.answered()).toBe(wholeAnswer)
    expect(await chat.panel.locator('.mine').count()).toBe(1)
    expect(await chat.panel.getByText('Not sent yet').count()).toBe(0)
    await close()
  })

  it('waits in the outbox while the server has no time, through a reload, and goes out by Retry', async () => {
    const { page, context, close } = await demo.visit('/element')
    const chat = chatOnPage(page, 'aside-chat')
    await chat.input.waitFor()
    // As a proxy in front of a busy server answers: not before a minute from now.
    const headers = { 'retry-after': '60', 'access-control-allow-origin': demo.site.url }
    await context.route('**/v1/conversations', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 503, headers: { ...headers, 'access-control-expose-headers': 'retry-after' } })
        : route.fallback(),
    )
    await chat.ask('Through a hole in the net')
    await chat.panel.getByText('Not sent yet').waitFor()
    await page.reload()
    await chat.panel.getByText('Not sent yet').waitFor()

    await context.unroute('**/v1/conversations')
    await chat.button('Retry').click()
    expect(await chat.answered()).toBe(wholeAnswer)
    expect(await chat.panel.locator('.mine').count()).toBe(1)
    await close()
  })
})
