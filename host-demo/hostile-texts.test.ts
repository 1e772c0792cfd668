import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElementHandle } from 'playwright-core'
import { activateConfig, addSource, type AppConfig, createConfig, isFault, wordKeys } from '@aside/protocol'
import { type Aside, startAside } from '@aside/server/testing/aside'
import { openBeside } from '@aside/server/testing/beside'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Chat, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import type { WatchedPage } from './testing/watched-page.ts'

const file = join(import.meta.dirname, '../protocol/fixtures/hostile-texts.json')
const all = Object.entries<string>(JSON.parse(readFileSync(file, 'utf8'))).map(([name, text]) => ({ name, text }))
/** Halves of characters and NUL are refused by the server; what draws them is tested without one. */
const texts = all.filter(({ text }) => text.isWellFormed() && !text.includes('\0'))

/** What no text may have made: read inside every frame, in the chat's own tree. */
function planted(root: Element): string[] {
  const strange =
    'script, iframe, img, image, object, embed, video, audio, link, meta, base, style, form[action], math, template, marquee, dialog'
  const shell = root.querySelectorAll('.messages, .passage, .welcome, header, .over')
  return [...shell].flatMap((part) => [
    ...[...part.querySelectorAll(strange)].map((it) => it.outerHTML.slice(0, 80)),
    ...[...part.querySelectorAll('*')].flatMap((it) =>
      [...it.attributes]
        .filter(({ name }) => /^on|^style$|^srcdoc$/.test(name))
        .map(({ name }) => `${it.localName} ${name}`),
    ),
    ...[...part.querySelectorAll('a')].filter((it) => !/^(https?|mailto|tel):$/.test(it.protocol)).map((it) => it.href),
  ])
}

describe.skipIf(!findBrowser())('a hostile text', () => {
  let aside: Aside
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({
      model: 'repeat:3',
      documents: [{ name: 'empty.md', text: 'Nothing.' }],
      config: { historyTurns: 0, passages: 12 },
      startServer: async (modelUrl) => (aside = await startAside(modelUrl === undefined ? {} : { modelUrl })),
    })
  })
  afterAll(() => demo?.close())

  /** A page on which it would be seen if a script of a text had run. */
  async function visit(path: string): Promise<WatchedPage & { ran: string[] }> {
    const watched = await demo.visit('/config.json')
    const ran: string[] = []
    watched.context.on('dialog', (dialog) => {
      ran.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await watched.context.exposeBinding('__told', ({ frame }) => void ran.push(`a script in ${frame.url()}`))
    await watched.context.addInitScript(() =>
      Object.defineProperty(window, '__ran', { set: () => Reflect.get(window, '__told')() }),
    )
    await watched.page.goto(`${demo.site.url}${path}`)
    watched.troubles.splice(0)
    return { ...watched, ran }
  }

  async function expectHarmless(
    { page, ran, strangers, troubles }: Awaited<ReturnType<typeof visit>>,
    { panel }: Chat,
  ) {
    // What loads or fails to load does so a moment later.
    await page.waitForTimeout(300)
    const root: ElementHandle<Element> = (await panel.elementHandle())!
    expect(await root.evaluate(planted)).toEqual([])
    expect({ ran, strangers, troubles }).toEqual({ ran: [], strangers: [], troubles: [] })
    expect(
      await page.evaluate(() => [Reflect.get({}, 'polluted'), document.querySelectorAll('iframe').length]),
    ).toEqual([undefined, 0])
  }

  async function publish(config: AppConfig): Promise<void> {
    const { app } = demo.seeded
    const query = { tenantId: app.tenantId }
    const { call } = demo.server.operator
    const made = await call(createConfig, { query: { ...query, appId: app.id }, body: { config } })
    await call(activateConfig, { params: { appId: app.id }, query, body: { config: made.number } })
  }

  const showEarlier = async ({ panel }: Chat, count: number) => {
    const shown = panel.locator('.mine')
    for (let before = -1; (await shown.count()) < count;) {
      const now = await shown.count()
      expect(now, 'there is more').toBeGreaterThan(before)
      before = now
      await panel.locator('.earlier').click()
      await expect.poll(() => shown.count()).toBeGreaterThan(now)
    }
  }

  it('does run, and does ask for strangers, where it is taken for HTML', async () => {
    const { page, ran, strangers, close } = await visit('/element')
    await page.evaluate(
      (html) => document.body.insertAdjacentHTML('beforeend', html),
      all.map((it) => it.text).join('\n'),
    )
    // How many do depends on the browser.
    await expect.poll(() => ran.length).toBeGreaterThan(3)
    await expect.poll(() => strangers.length).toBeGreaterThan(5)
    await close()
  })

  it('is text where a visitor says it, and Markdown at most where the assistant or an agent does', async () => {
    const watched = await visit('/element')
    const { page } = watched
    const chat = chatOnPage(page, 'aside-chat')
    await chat.input.waitFor()
    for (const [nth, { name, text }] of texts.entries()) {
      await chat.ask(text)
      await chat.answered(nth + 1)
      const bubbles = chat.panel.locator('.mine .bubble')
      expect(await bubbles.nth(nth).evaluate((it) => it.textContent), name).toBe(text.replace(/\r\n?/g, '\n'))
    }
    await expectHarmless(watched, chat)

    // Whole, from the history.
    await page.reload()
    await showEarlier(chat, texts.length)
    await expectHarmless(watched, chat)

    // There is no place yet where an agent would write: what is stored as an agent's is shown as one's.
    const beside = await openBeside(aside.store)
    await beside
      .scope(demo.seeded.app.tenantId)
      .em.execute("update messages set author = 'agent' where author = 'assistant'")
    await beside.close()
    await page.reload()
    await showEarlier(chat, texts.length)
    await expect.poll(() => chat.panel.locator('.answer > .sr').first().textContent()).toContain('Support')
    expect(await chat.answers.count()).toBe(texts.length)
    await expectHarmless(watched, chat)
    await watched.close()
  })

  it('is Markdown at most where a source says it, in its title, its headings and its passage', async () => {
    const { app } = demo.seeded
    const query = { tenantId: app.tenantId, appId: app.id }
    const mark = (nth: number) => `otter${nth}`
    // With control characters in it a document is taken for a binary file, and refused.
    const written = texts.filter(({ text }) => !/[\0-\x08\x0e-\x1f]/.test(text))
    for (const [nth, { name, text }] of written.entries()) {
      const content = `# ${mark(nth)} ${text.split('\n')[0]}\n\n${mark(nth)}: ${text}\n`
      const given = {
        query: { ...query, name: `${name} ${text}`.replace(/[\0-\x1f\x7f]/g, ' ').slice(0, 120) },
        content,
      }
      await demo.server.operator.call(addSource, { ...given, contentType: 'text/markdown' })
    }
    const watched = await visit('/element')
    const chat = chatOnPage(watched.page, 'aside-chat')
    await chat.input.waitFor()
    const passage = chat.panel.locator('.passage .md')
    const seen = new Set<string>()
    const cites = Array.from({ length: 12 }, (_, nth) => `[${nth + 1}]`).join(' ')
    for (let nth = 0; nth < written.length; nth += 5) {
      await chat.ask(`${Array.from({ length: 5 }, (_, more) => mark(nth + more)).join(' ')} ${cites}`)
      await chat.answered(nth / 5 + 1)
      for (const chip of await chat.answers.last().locator('.md .cite').all()) {
        const title = (await chip.getAttribute('title')) ?? ''
        if (seen.has(/otter\d+/.exec(title)?.[0] ?? '')) continue
        await chip.click()
        // A text that makes a heading of its first line has its mark in the title alone.
        for (const [found] of `${title} ${await passage.textContent()}`.matchAll(/otter\d+/g)) seen.add(found)
        await chat.panel.locator('header button').first().click()
        await passage.waitFor({ state: 'detached' })
      }
    }
    await expectHarmless(watched, chat)
    expect(written.filter((_, nth) => !seen.has(mark(nth))).map(({ name }) => name)).toEqual([])
    await watched.close()
  })

  it('is text where an owner writes it into the words of the chat, and no colour', async () => {
    const watched = await visit('/element')
    const chat = chatOnPage(watched.page, 'aside-chat')
    await chat.input.waitFor()
    // Whoever has said something is told of changes at once.
    await chat.ask('Hello')
    await chat.answered()
    await chat.button('New conversation').click()
    const suggested = 6
    for (let nth = 0; nth < texts.length; nth += suggested) {
      const some = texts.slice(nth, nth + suggested).map(({ text }) => text)
      const words = Object.fromEntries(wordKeys.map((key, at) => [key, some[at % some.length]!.slice(0, 120)]))
      await publish({ words, suggestedQuestions: some.map((text) => text.slice(0, 200)) })
      const shown = chat.panel.locator('.welcome li')
      await expect.poll(() => shown.allTextContents()).toEqual(some.map((text) => text.slice(0, 200)))
      expect(await chat.panel.locator('.greeting').textContent()).toBe(words['greeting'])
    }
    await expectHarmless(watched, chat)
    for (const { text, name } of texts)
      await expect(publish({ theme: { primary: text } }), name).rejects.toSatisfy(isFault)
    await watched.close()
  })
})
