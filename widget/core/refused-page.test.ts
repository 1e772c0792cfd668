// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'

let peer: Peer
let complaints: string[]

beforeEach(async () => {
  peer = await startPeer()
  complaints = []
  vi.stubGlobal('location', { origin: 'https://shop.example' })
  vi.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words.join(' ')))
})
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await peer.close()
})

const open = () => createCore({ baseUrl: peer.url, appId: settings.appId, storage: createStorage() })

test('a page that the server refuses, which a browser hides, is told so, and who builds it what to do', async () => {
  peer.fail('POST /v1/sessions', 'cut')
  peer.fail('POST /v1/sessions', 'cut')
  const core = open()
  await core.start()
  expect(core.getState()).toMatchObject({ connection: 'ended', error: { code: 'origin_not_allowed' } })
  expect(complaints).toEqual([expect.stringContaining(`aside origin add ${settings.appId} https://shop.example`)])
  core.close()
})

test('one request that breaks off is no refusal', async () => {
  peer.fail('POST /v1/sessions', 'cut')
  const core = open()
  await core.start()
  await vi.waitFor(() => expect(core.getState().connection).toBe('live'))
  expect(complaints).toEqual([])
  core.close()
})

test('a server that cannot be reached is waited for', async () => {
  const core = open()
  await peer.close()
  void core.start()
  await vi.waitFor(() => expect(core.getState().connection).toBe('waiting'))
  expect(complaints).toEqual([])
  core.close()
})
