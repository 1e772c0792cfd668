import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, listAll, listSources } from '@aside/protocol'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'

const root = join(import.meta.dirname, '..')

/** Questions of people, and the file that answers them. Every package of MikroORM ships the same README. */
const questions = [
  ['Which Vue build should I use directly in the browser via a script tag?', 'node_modules/vue/README.md'],
  ['Which build of Vue do I use for server-side rendering in Node.js?', 'node_modules/vue/README.md'],
  ['How do I render a Vue app to a string?', '@vue/server-renderer/README.md'],
  ['Which kinds of functions can Koa take as middleware?', 'koa/Readme.md'],
  ['How does middleware flow downstream and upstream in Koa?', 'koa/Readme.md'],
  ['What does a Koa Context object encapsulate?', 'koa/Readme.md'],
  ['Which databases does MikroORM support?', '@mikro-orm/\\w+/README.md'],
  ['How do I define entities in MikroORM?', '@mikro-orm/\\w+/README.md'],
  ['What is an identity map in MikroORM?', '@mikro-orm/\\w+/README.md'],
] as const

/** As an owner does it, from a terminal: everything inside the installed packages, through the command. */
async function addPackages(demo: Demo): Promise<void> {
  const { app } = demo.seeded
  const query = { tenantId: app.tenantId }
  const { secret } = await demo.server.operator.call(createKey, { query, body: { name: 'packages' } })
  const folder = join(root, 'node_modules/.pnpm')
  const command = ['--url', demo.server.url, '--json', 'source', 'add', folder, '--app', app.id]
  const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...command], {
    env: { PATH: process.env['PATH'], ASIDE_KEY: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [written, troubles] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(written, troubles).toContain('"created"')
}

describe.skipIf(!findBrowser()).for(['local', 'echo'])('documents nobody here wrote, answered by %s', (model) => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ model, documents: [] })
    await addPackages(demo)
  })
  afterAll(() => demo?.close())

  it('takes in all the Markdown of the installed packages', async () => {
    const { id: appId, tenantId } = demo.seeded.app
    const sources = await listAll(demo.server.operator, listSources, 'sources', { query: { tenantId, appId } })
    const markdown = sources.filter(({ name }) => name.endsWith('.md'))
    expect(markdown.length).toBeGreaterThan(300)
    expect(markdown.filter(({ chunks }) => chunks === 0)).toEqual([])
  })

  it('shows the right file on the screen for questions about Vue, Koa and MikroORM', async () => {
    const { page, troubles, strangers, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    const shown: Record<string, string> = {}
    for (const [index, [question]] of questions.entries()) {
      await chat.ask(question)
      await chat.answered(index + 1)
      await chat.answers.nth(index).locator('.sources button').first().click()
      const passage = chat.panel.locator('.passage')
      await passage.locator('.md').waitFor()
      shown[question] = (await passage.locator('.path').innerText()).split(' › ')[0] ?? ''
      await chat.button('Back').click()
      await passage.waitFor({ state: 'detached' })
    }
    const expected = questions.map(([question, file]) => [question, expect.stringMatching(new RegExp(`(^|/)${file}$`))])
    expect(shown).toEqual(Object.fromEntries(expected))
    expect(troubles).toEqual([])
    expect(strangers).toEqual([])
    await close()
  })
})
