// @vitest-environment node
import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore, type Core } from './index.ts'
import { createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'

let peer: Peer
let core: Core
let appId: string
let page: EventTarget & { visibilityState: string }
let window: EventTarget
let network: { isThere: boolean }
const locks = navigator.locks

beforeEach(async () => {
  peer = await startPeer()
  appId = `${settings.appId}-${crypto.randomUUID()}`
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  window = new EventTarget()
  network = { isThere: true }
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('navigator', {
    locks,
    get onLine() {
      return network.isThere
    },
  })
  core = createCore({
    baseUrl: peer.url,
    appId,
    storage: createStorage(),
    fetch: (input, init) => (network.isThere ? fetch(input, init) : Promise.reject(new TypeError('no network'))),
  })
})

afterEach(async () => {
  core.close()
  vi.unstubAllGlobals()
  await peer.close()
})

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 5_000, interval: 10 })
const live = () => until(() => expect(core.getState().connection).toBe('live'))
const texts = () => core.getState().current.messages.map(({ text }) => text)
const say = (target: EventTarget, name: string) => target.dispatchEvent(new Event(name))

async function asked() {
  await core.start()
  await live()
  core.send('What is it?')
  await until(() => expect(core.getState().running).toBeDefined())
  return core.getState().current.id!
}

const held = async () => {
  const { held = [], pending = [] } = await locks.query()
  return [...held, ...pending].filter(({ name }) => name?.includes(appId))
}

test.each([
  ['the back/forward cache', () => say(window, 'pagehide'), () => say(window, 'pageshow')],
  ['a freeze', () => say(page, 'freeze'), () => say(page, 'resume')],
])('in %s nothing is held open, and after it nothing is missing and one stream is live', async (_, sleep, wake) => {
  const id = await asked()
  const answer = peer.begin(id)
  peer.say(answer.id, 'Half ')
  await until(() => expect(texts()[1]).toBe('Half '))
  sleep()
  await until(() => expect(peer.streams()).toHaveLength(0))
  await vi.waitFor(async () => expect(await held()).toEqual([]))
  peer.say(answer.id, 'an hour later')
  wake()
  await until(() => expect(texts()[1]).toBe('Half an hour later'))
  peer.finish(id)
  await until(() => expect(core.getState().running).toBeUndefined())
  expect(peer.streams()).toHaveLength(1)
})

test('looking at the page again ends a wait', async () => {
  await core.start()
  await live()
  peer.fail('GET /v1/events', { code: 'overloaded', retryAfterMs: 60_000 })
  peer.cutStreams()
  await until(() => expect(core.getState()).toMatchObject({ connection: 'waiting' }))
  await until(() => expect(core.getState().retryInMs).toBeGreaterThan(50_000))
  say(page, 'visibilitychange')
  await live()
  expect(core.getState().retryInMs).toBeUndefined()
})

test('a connection that may have died in its sleep is opened anew', async () => {
  const id = await asked()
  const answer = peer.begin(id)
  say(page, 'visibilitychange')
  expect(peer.called('GET', /events$/)).toHaveLength(1)
  const asleepMs = 60_000
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + asleepMs)
  peer.lose(answer.id, 'Meanwhile')
  say(page, 'visibilitychange')
  await until(() => expect(texts()[1]).toBe('Meanwhile'))
  vi.restoreAllMocks()
  expect(peer.called('GET', /events$/)).toHaveLength(2)
  await until(() => expect(peer.streams()).toHaveLength(1))
})

test('without a network it says so, keeps what is said, and sends it when the network is back', async () => {
  await asked()
  network.isThere = false
  peer.cutStreams()
  say(window, 'offline')
  expect(core.getState().connection).toBe('offline')
  core.send('Are you there?')
  await until(() => expect(core.getState().outbox[0]).toMatchObject({ status: 'waiting', error: { code: 'network' } }))
  network.isThere = true
  const backAt = performance.now()
  say(window, 'online')
  await until(() => expect(texts()).toEqual(['What is it?', 'Are you there?']))
  await live()
  expect(performance.now() - backAt).toBeLessThan(2_000)
})

test('a page that is closed leaves no stream, lock or listener behind, and says nothing more', async () => {
  const id = await asked()
  peer.begin(id)
  const listener = vi.fn()
  core.subscribe(listener)
  core.close()
  core.close()
  expect(core.getState().connection).toBe('idle')
  listener.mockClear()
  await until(() => expect(peer.streams()).toHaveLength(0))
  await vi.waitFor(async () => expect(await held()).toEqual([]))
  const names = ['online', 'offline', 'pagehide', 'pageshow', 'freeze', 'resume', 'visibilitychange']
  expect(names.flatMap((name) => [...getEventListeners(window, name), ...getEventListeners(page, name)])).toEqual([])
  const calls = peer.calls.length
  core.send('anybody?')
  core.setVisible(true)
  await core.start()
  await core.openConversation()
  peer.finish(id)
  expect(listener).not.toHaveBeenCalled()
  expect(peer.calls).toHaveLength(calls)
})

test('a process in which everything was closed comes to its end', async () => {
  const script = `
    import { createCore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
    const entries = new Map()
    const storage = {
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => void entries.set(key, value),
      removeItem: (key) => void entries.delete(key),
      key: (at) => [...entries.keys()][at] ?? null,
      get length() { return entries.size },
    }
    const options = { baseUrl: process.env.PEER, appId: process.env.APP, storage }
    const cores = [createCore(options), createCore(options), createCore({ ...options, baseUrl: 'http://127.0.0.1:9' })]
    await Promise.all([cores[0].start(), cores[1].start()])
    void cores[2].start()
    for (const core of cores) core.send('hello')
    await new Promise((resolve) => setTimeout(resolve, 300))
    for (const core of cores) core.close()
    console.log('closed')`
  const env = { ...process.env, PEER: peer.url, APP: appId }
  const args = ['--no-warnings', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 8_000 })
  expect(stdout).toBe('closed\n')
})
