import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAside } from '@aside/server/testing/aside'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { documents, tagQuestion } from './testing/documents.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe.skipIf(!findBrowser())('a frame that comes from another host than the API', () => {
  let demo: Demo
  let api: string
  beforeAll(async () => {
    const port = await freePort()
    api = `http://127.0.0.1:${port}`
    const embed = `http://localhost:${port}`
    demo = await openDemo({
      model: 'echo',
      documents,
      async startServer(modelUrl) {
        const env = { ASIDE_PORT: String(port), ASIDE_PUBLIC_URL: api, ASIDE_EMBED_URL: embed }
        const aside = await startAside({ env, ...(modelUrl === undefined ? {} : { modelUrl }) })
        return { url: embed, operator: aside.operator, stop: () => aside.stop() }
      },
    })
  })
  afterAll(() => demo?.close())

  it('answers a visitor, who asks the API from the frame and nobody else', async () => {
    const { page, troubles, strangers, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask(tagQuestion)
    expect(await chat.answered()).not.toBe('')
    await chat.ask('And the element?')
    expect(await chat.answered(2)).not.toBe('')
    expect(page.frames().map((it) => new URL(it.url()).origin)).toContain(demo.server.url)
    const asked = strangers.map((it) => new URL(it))
    expect(new Set(asked.map((it) => it.origin))).toEqual(new Set([api]))
    expect(asked.every((it) => it.pathname.startsWith('/v1/'))).toBe(true)
    expect(troubles).toEqual([])
    await close()
  })
})
