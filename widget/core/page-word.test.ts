// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Core, createCore } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'
import { tokenFor } from './testing/token.ts'

let peer: Peer
let cores: Core[]
let storage: ReturnType<typeof createStorage>
const appId = `${settings.appId}-word`

beforeEach(async () => {
  peer = await startPeer()
  cores = []
  storage = createStorage()
})
afterEach(async () => {
  for (const core of cores) core.close()
  await peer.close()
  vi.restoreAllMocks()
})

async function open(): Promise<Core> {
  const core = createCore({ baseUrl: peer.url, appId, storage })
  cores.push(core)
  await core.start()
  return core
}
const posted = () => peer.called('POST', /messages$/).map(({ body }) => body)
const sent = (count: number) => vi.waitFor(() => expect(posted()).toHaveLength(count), { timeout: 8_000 })

test('what the page says goes with every message: merged, and without what it takes back', async () => {
  const core = await open()
  core.setContext({ plan: 'pro', items: 2 })
  core.setContext({ items: null, page: '/cart' })
  core.send('One?')
  await sent(1)
  core.setContext({ plan: null, page: null })
  core.send('Two?')
  await sent(2)
  expect(posted().map((it) => it['context'])).toEqual([{ plan: 'pro', page: '/cart' }, {}])
})

test('a message keeps what was so when it was written, over a reload', async () => {
  const first = createCore({ baseUrl: peer.url, appId, storage })
  first.setContext({ page: '/cart' })
  first.send('One?')
  first.setContext({ page: '/elsewhere' })
  first.close()
  await open()
  await sent(1)
  expect(posted()[0]).toMatchObject({ text: 'One?', context: { page: '/cart' } })
})

test('who leaves takes along what was said of them, and not what was said after the next one came', async () => {
  const core = await open()
  await core.identify({ token: tokenFor('u1') })
  core.setContext({ plan: 'pro', page: '/cart' })
  const second = core.identify({ getToken: () => Promise.resolve(tokenFor('u2')) })
  core.setContext({ page: '/till' })
  await second
  core.send('One?')
  await sent(1)
  expect(posted()[0]?.['context']).toEqual({ page: '/till' })

  const nobody = core.identify({})
  core.setContext({ page: '/' })
  await nobody
  core.send('Two?')
  await sent(2)
  expect(posted()[1]?.['context']).toEqual({ page: '/' })

  core.setContext({ plan: 'pro' })
  core.logout()
  core.send('Three?')
  await sent(3)
  expect(posted()[2]).not.toHaveProperty('context')
})

test('what the server does not take is said in the console once, and the message goes without', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const core = await open()
  core.setContext({ long: 'x'.repeat(5_000) })
  peer.fail('POST /v1/conversations/:id/messages', { code: 'invalid_input' })
  core.send('One?')
  await sent(2)
  core.send('Two?')
  await sent(3)
  expect(posted().map((it) => 'context' in it)).toEqual([true, false, false])
  expect(told).toHaveBeenCalledTimes(1)
  expect(told.mock.calls[0]).toMatchObject(['aside:', { name: 'Fault', code: 'invalid_input' }])
  expect(core.getState().outbox).toEqual([])
})

test('whoever leaves takes along what the page said', async () => {
  const core = await open()
  core.setContext({ plan: 'pro' })
  core.logout()
  core.send('One?')
  await sent(1)
  expect(posted()[0]).not.toHaveProperty('context')
})

test('tools are offered only where the app has them', async () => {
  const core = await open()
  core.setTools([{ name: 'look', description: 'Looks.', parameters: { type: 'object' } }])
  core.send('One?')
  await sent(1)
  expect(posted()[0]).not.toHaveProperty('tools')
})
