// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore, type Core } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'

let peer: Peer
let cores: Core[]
let storage: ReturnType<typeof createStorage>
beforeEach(async () => {
  peer = await startPeer()
  cores = []
  storage = createStorage()
})
afterEach(async () => {
  for (const core of cores) core.close()
  await peer.close()
})

let apps = 0
function open(): Core {
  const core = createCore({ baseUrl: peer.url, appId: `${settings.appId}-files-${apps}`, storage })
  cores.push(core)
  return core
}
beforeEach(() => void apps++)

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 })
const [file1, file2] = [`fil_${'1'.repeat(26)}`, `fil_${'2'.repeat(26)}`]
const fileOf = (id: string) => ({ id, name: `${id}.txt`, type: 'text/plain', sizeBytes: 1 })
const sent = () => peer.called('POST', /messages$/).map((it) => it.body)

test('a message may be nothing but its files, and is nothing without either', async () => {
  const core = open()
  await core.start()
  core.send('  ')
  core.send('', undefined, [fileOf(file1), fileOf(file2)])
  await until(() => expect(core.getState().current.messages).toHaveLength(1))
  expect(sent()).toMatchObject([{ text: '', attachments: [file1, file2] }])
  expect(core.getState().current.messages[0]?.attachments).toEqual([fileOf(file1), fileOf(file2)])
  expect(core.getState().outbox).toEqual([])
})

test('what waits keeps its files over a reload', async () => {
  const first = open()
  first.send('Later', undefined, [fileOf(file1)])
  first.close()
  const second = open()
  expect(second.getState().outbox).toMatchObject([{ text: 'Later', attachments: [fileOf(file1)] }])
  await second.start()
  await until(() => expect(second.getState().outbox).toEqual([]))
  expect(sent()).toMatchObject([{ text: 'Later', attachments: [file1] }])
})

test('what was stored by whomever is no file where it does not look like one', async () => {
  const core = open()
  core.send('Later', undefined, [fileOf(file1)])
  core.close()
  for (let at = 0; at < storage.length; at++) {
    const key = storage.key(at) ?? ''
    if (key.includes(':outbox:'))
      storage.setItem(key, (storage.getItem(key) ?? '').replace(/"attachments":\[.*?\]/, '"attachments":["x",null]'))
  }
  const item = open().getState().outbox[0]
  expect(item?.text).toBe('Later')
  expect(item?.attachments).toBeUndefined()
})

test('a question that is said anew keeps the files it had', async () => {
  const core = open()
  await core.start()
  core.send('Look at tihs', undefined, [fileOf(file1)])
  await until(() => expect(core.getState().current.messages).toHaveLength(1))
  core.send('Look at this', core.getState().current.messages[0]?.id, [fileOf(file2)])
  await until(() => expect(sent()).toHaveLength(2))
  expect(sent()[1]).toMatchObject({ text: 'Look at this', attachments: [file1, file2] })
})

test('work with the session’s own client is done again by who asked for it, once the session was renewed', async () => {
  const core = open()
  await core.start()
  peer.forgetSessions()
  const tokens: (string | undefined)[] = []
  const work = () =>
    core.perform(async (client) => {
      tokens.push(client.options.token?.())
      return client.open({ method: 'GET', path: '/v1/conversations' }, {})
    })
  await expect(work()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect((await work()).ok).toBe(true)
  expect(new Set(tokens).size).toBe(2)
})
