import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createKey } from '@aside/protocol'
import { chatOfTag, chatOnPage } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion, tagSentence } from './testing/documents.ts'
import { visitSaying } from './testing/tag-page.ts'

describe.skipIf(!findBrowser())('what a page is let in with', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model: 'echo', documents })
  })
  afterAll(() => demo?.close())

  const ways = [
    { way: 'the script tag', path: '/script-tag', attribute: 'data-app' },
    { way: 'the element', path: '/element', attribute: 'app-id' },
  ]

  it.for(ways)('is a publishable key as well as an id: $way', async ({ path, attribute }) => {
    const { app } = demo.seeded
    const { secret } = await demo.server.operator.call(createKey, {
      query: { tenantId: app.tenantId },
      body: { name: `For ${path}`, kind: 'publishable', appId: app.id },
    })
    expect(secret).toMatch(/^as_pk_live_/)
    const visit = await visitSaying(demo, path, { [attribute]: secret })
    const isTag = attribute === 'data-app'
    const chat = isTag ? chatOfTag(visit.page) : chatOnPage(visit.page, 'aside-chat')
    if (isTag) await chat.open()
    await chat.ask(tagQuestion)
    expect(await chat.answered()).toContain(tagSentence)
    expect(visit.troubles).toEqual([])
    await visit.close()
  })

  it('is no secret key: a tag that shows one says which to use, and loads nothing', async () => {
    const visit = await visitSaying(demo, '/script-tag', { 'data-app': 'as_sk_live_abc' })
    await expect.poll(() => visit.troubles.join()).toContain('use as_pk_')
    expect(visit.troubles).toHaveLength(1)
    expect(await chatOfTag(visit.page).launcher.count()).toBe(0)
    await visit.close()
  })

  it('is told in words where the page may not, and the console says what to do about it', async () => {
    const { app } = demo.seeded
    const elsewhere = await demo.server.operator.call(createApp, {
      query: { tenantId: app.tenantId },
      body: { name: 'Elsewhere', allowedOrigins: ['https://elsewhere.example'] },
    })
    const visit = await visitSaying(demo, '/element', { 'app-id': elsewhere.id })
    const chat = chatOnPage(visit.page, 'aside-chat')
    await expect
      .poll(() => chat.panel.locator('.ended').textContent())
      .toContain('This chat may not be used on this page')
    expect(visit.troubles.join('\n')).toContain(`aside origin add ${elsewhere.id} ${demo.site.url}`)
    await visit.close()
  })
})
