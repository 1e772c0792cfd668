// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'

let peer: Peer
let storage: ReturnType<typeof createStorage>
beforeEach(async () => {
  peer = await startPeer()
  storage = createStorage()
})
afterEach(() => peer.close())

const open = (baseUrl = peer.url) => createCore({ baseUrl, appId: settings.appId, storage })

test('the second visit knows the look and the words before anything is asked, and then asks whether they hold', async () => {
  const first = open()
  expect(first.getState().settings).toBeUndefined()
  await first.start()
  first.close()
  peer.calls.length = 0
  const second = open()
  expect(second.getState().settings).toEqual(settings)
  expect(peer.calls).toEqual([])
  await second.start()
  await vi.waitFor(() => expect(peer.called('GET', /settings$/)).toHaveLength(1))
  second.logout()
  expect(second.getState().settings, 'they are nobody’s').toEqual(settings)
  second.close()
})

test('what another server or another version has stored is not drawn', async () => {
  const first = open()
  await first.start()
  first.close()
  expect(open('http://127.0.0.1:9').getState().settings).toBeUndefined()
  for (const [name, value] of storage.entries)
    if (name.startsWith('aside:settings')) storage.entries.set(name, value.replace('"features"', '"talents"'))
  expect(open().getState().settings).toBeUndefined()
})
