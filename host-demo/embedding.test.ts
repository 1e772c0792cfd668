import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { type Chat, chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'

interface Way {
  name: string
  path: string
  chat: (page: Page) => Chat
  /** Is there from the beginning, without a launcher. */
  isInline?: boolean
}

const ways: Way[] = [
  { name: 'the script tag', path: '/script-tag', chat: (page) => chatOfTag(page) },
  { name: 'the element', path: '/element', chat: (page) => chatOnPage(page, 'aside-chat'), isInline: true },
  { name: 'the federated component', path: '/federated-vue', chat: (page) => chatOnPage(page) },
  { name: 'the federated mount', path: '/federated-plain', chat: (page) => chatOnPage(page) },
  { name: 'the tag under hostile styles', path: '/hostile-css', chat: (page) => chatOfTag(page) },
  { name: 'the element under hostile styles', path: '/hostile-css', chat: (page) => chatOnPage(page, 'aside-chat') },
  { name: 'the tag under a strict policy', path: '/strict-csp', chat: (page) => chatOfTag(page) },
  {
    name: 'the element under a strict policy',
    path: '/strict-csp',
    chat: (page) => chatOnPage(page, 'aside-chat'),
    isInline: true,
  },
]

describe.skipIf(!findBrowser())('every way to embed', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  it.for(ways)('streams a cited answer, and opens its source: $name', async ({ path, chat: find, isInline }) => {
    const visit = await demo.visit(path)
    const chat = find(visit.page)
    if (isInline) await chat.input.waitFor()
    else await chat.open()

    // Held in the middle: however slow the machine is, what is there now is not all of it.
    const held = demo.models!.gate('echo', 4)
    await chat.ask(tagQuestion)
    await expect.poll(() => chat.text()).toContain('Paste one')
    expect(await chat.text(), 'it streams').not.toContain('every page')
    held.release()
    const whole = await chat.answered()
    expect(whole).toContain(tagSentence)

    await chat.button('Source 1: Embedding').click()
    const passage = chat.panel.locator('.passage')
    await expect.poll(() => passage.textContent()).toContain('until a visitor points at the bubble')
    expect(await passage.locator('.path').textContent()).toContain('docs/embed.md')
    await chat.button('Back').click()
    await passage.waitFor({ state: 'detached' })

    expect(visit.troubles).toEqual([])
    expect(visit.strangers).toEqual([])
    await visit.close()
  })

  const asModules = ways.filter(({ path }) => ['/script-tag', '/element', '/federated-plain'].includes(path))
  it.for(asModules)(
    'asks once more for a part that could not be fetched: $name',
    async ({ path, chat: find, isInline }) => {
      const { page, context, close } = await demo.visit(path)
      const chat = find(page)
      if (isInline) await chat.input.waitFor()
      else await chat.open()
      await chat.button('Conversations').click()
      await context.route('**/*-settings-part-*', (route) => route.abort())
      const failed = page.waitForEvent('requestfailed')
      await chat.button('Settings').click()
      await failed
      expect(await chat.panel.getByRole('switch').count()).toBe(0)
      await context.unroute('**/*-settings-part-*')
      await chat.button('Back').click()
      await chat.button('Settings').click()
      await chat.panel.getByRole('switch').waitFor()
      await close()
    },
  )

  it('keeps two widgets on one page apart', async () => {
    const visit = await demo.visit('/two-widgets')
    const guide = chatOfTag(visit.page, 'Chat')
    const help = chatOfTag(visit.page, 'Integration help')
    await guide.open()
    await help.open()
    await guide.ask(tagQuestion)
    await help.ask('How do I write a backup of the database?')

    expect(await guide.answered()).toContain(tagSentence)
    expect(await help.answered(), 'it knows the documents about embedding only').not.toContain('write-ahead log')
    expect(await guide.answers.count()).toBe(1)
    expect(await help.answers.count()).toBe(1)
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('shares the Vue and the Pinia of a federated host', async () => {
    const visit = await demo.visit('/federated-vue')
    await chatOnPage(visit.page).open()
    const scripts = await visit.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    const shared = scripts.filter((name) => /__federation_shared_(vue|pinia)/.test(name))
    expect(shared.map((name) => new URL(name).origin)).toEqual([demo.site.url, demo.site.url])
    await visit.close()
  })
})
