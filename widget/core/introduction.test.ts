// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore, type Core } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'

const preChat = [{ name: 'email', label: 'E-mail', type: 'email' as const, required: true }]
let peer: Peer
let cores: Core[]
let appId: string
let storage: ReturnType<typeof createStorage>

beforeEach(async () => {
  peer = await startPeer()
  cores = []
  appId = `${settings.appId}-${crypto.randomUUID()}`
  storage = createStorage()
})
afterEach(async () => {
  for (const core of cores) core.close()
  await peer.close()
})

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 })
const texts = (core: Core) => core.getState().current.messages.map(({ text }) => text)
const posted = () => peer.called('POST', /messages$/)

/** A page of the same browser, of an app that asks something first. */
async function page(): Promise<Core> {
  const core = createCore({ baseUrl: peer.url, appId, storage })
  cores.push(core)
  await core.start()
  await until(() => expect(core.getState().connection).toBe('live'))
  peer.configure(preChat)
  await until(() => expect(core.getState().settings?.preChat).toHaveLength(1))
  return core
}

test('what begins a conversation waits until it is said what is asked first, also through a reload', async () => {
  const before = await page()
  before.send('first')
  before.send('second')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(posted()).toEqual([])
  before.close()
  const after = await page()
  expect(after.getState().outbox.map(({ text }) => text)).toEqual(['first', 'second'])
  after.introduce()
  await until(() => expect(texts(after)).toEqual(['first', 'second']))
  expect(after.getState().outbox).toEqual([])
  await after.openConversation()
  after.send('third')
  await until(() => expect(texts(after)).toEqual(['third']))
})

test('a message that is left waits for nothing, and takes along how its visitor is reached, also through a reload', async () => {
  const before = await page()
  peer.fail('POST /v1/conversations', { code: 'overloaded', retryAfterMs: 60_000 })
  before.send('Call me', { left: { email: 'anna@shop.example' } })
  await until(() => expect(before.getState().outbox[0]?.status).toBe('waiting'))
  before.close()
  const after = await page()
  await until(() => expect(texts(after)).toEqual(['Call me']))
  expect(posted().map(({ body }) => body['left'])).toEqual([{ email: 'anna@shop.example' }])
})

test('in a conversation that has begun nothing is asked any more', async () => {
  const core = await page()
  core.introduce()
  core.send('first')
  await until(() => expect(texts(core)).toEqual(['first']))
  core.close()
  const after = await page()
  after.send('second')
  await until(() => expect(texts(after)).toEqual(['first', 'second']))
})
