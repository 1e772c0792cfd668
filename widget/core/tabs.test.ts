// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore, type Core } from './index.ts'
import { blockedStorage, createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { createProcesses } from './testing/processes.ts'
import { settings } from './testing/settings.ts'

let peer: Peer
let cores: Core[]
let appId: string
let storage: ReturnType<typeof createStorage>

beforeEach(async () => {
  peer = await startPeer()
  cores = []
  storage = createStorage()
  // Tabs of other tests, and of this test running elsewhere, are not to meet these.
  appId = `${settings.appId}-${crypto.randomUUID()}`
})

afterEach(async () => {
  for (const core of cores) core.close()
  vi.unstubAllGlobals()
  await peer.close()
})

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 })
const texts = (core: Core) => core.getState().current.messages.map(({ text }) => text)

async function tab(shared = storage as Parameters<typeof createCore>[0]['storage']): Promise<Core> {
  const core = createCore({ baseUrl: peer.url, appId, ...(shared ? { storage: shared } : {}) })
  cores.push(core)
  await core.start()
  await until(() => expect(core.getState().connection).toBe('live'))
  return core
}

/** What each has written has reached the others. */
const agreed = ([first, ...others]: ReturnType<typeof createProcesses>) =>
  until(() => {
    expect(first!.getItem(`aside:${appId}:visitor`)).not.toBeNull()
    for (const { entries } of others) expect(entries).toEqual(first!.entries)
  })

async function asked(core: Core, text = 'What is it?') {
  core.send(text)
  await until(() => expect(core.getState().running).toBeDefined())
  return core.getState().current.id!
}

test('two tabs that come at once begin one session', async () => {
  await Promise.all([tab(), tab(), tab()])
  expect(peer.called('POST', /sessions$/)).toHaveLength(1)
})

test('seven tabs have one stream, and all see what each of them says', async () => {
  const first = await tab()
  const others = await Promise.all(Array.from({ length: 6 }, () => tab()))
  expect(peer.called('GET', /events$/)).toHaveLength(1)
  const id = await asked(first)
  for (const core of others) await core.openConversation(id)
  const answer = peer.begin(id)
  peer.say(answer.id, 'It is ')
  peer.say(answer.id, 'one.')
  for (const core of cores) await until(() => expect(texts(core)).toEqual(['What is it?', 'It is one.']))
  others[5]!.send('And now?')
  for (const core of cores) await until(() => expect(texts(core)[2]).toBe('And now?'))
  expect(peer.called('GET', /events$/)).toHaveLength(1)
  expect(peer.visitor().messages).toHaveLength(3)
})

test('a tab that comes in the middle of an answer shows all of it', async () => {
  const first = await tab()
  const id = await asked(first)
  const answer = peer.begin(id)
  peer.say(answer.id, 'So far ')
  await until(() => expect(texts(first)[1]).toBe('So far '))
  const second = await tab()
  await until(() => expect(texts(second)).toEqual(['What is it?', 'So far ']))
  peer.say(answer.id, 'so good.')
  await until(() => expect(texts(second)[1]).toBe('So far so good.'))
  expect(peer.called('GET', /events$/)).toHaveLength(1)
})

test('when the tab that leads goes, another takes over within two seconds and nothing is missing', async () => {
  const first = await tab()
  const second = await tab()
  const third = await tab()
  const id = await asked(first)
  await second.openConversation(id)
  await third.openConversation(id)
  const answer = peer.begin(id)
  peer.say(answer.id, 'One, ')
  await until(() => expect(texts(third)[1]).toBe('One, '))
  const goneAt = performance.now()
  first.close()
  peer.say(answer.id, 'two, ')
  await until(() => expect(texts(second)[1]).toBe('One, two, '))
  expect(performance.now() - goneAt).toBeLessThan(2_000)
  peer.say(answer.id, 'three.')
  peer.finish(id)
  for (const core of [second, third])
    await until(() => expect(core.getState().current.messages[1]?.status).toBe('completed'))
  expect(texts(third)).toEqual(texts(second))
  expect(peer.streams()).toHaveLength(1)
})

/** What a frozen page does: it holds what it holds, and hears nothing. */
function hold(name: string, how: LockOptions = {}): Promise<{ release(): void }> {
  return new Promise((resolve) => {
    const held = () => new Promise<void>((release) => resolve({ release }))
    void navigator.locks.request(`aside:${appId}:1:${name}`, how, held).catch(() => {})
  })
}

test('a tab that leads and is frozen is deposed by the next that comes', async () => {
  const { release } = await hold('stream')
  const core = await tab()
  const id = await asked(core)
  const answer = peer.begin(id)
  peer.say(answer.id, 'Hello')
  await until(() => expect(texts(core)[1]).toBe('Hello'))
  release()
})

test('a tab that was frozen and deposed finds back when it thaws', async () => {
  const core = await tab()
  const id = await asked(core)
  const answer = peer.begin(id)
  const { release } = await hold('stream', { steal: true })
  await until(() => expect(peer.streams()).toHaveLength(0))
  peer.say(answer.id, 'Meanwhile')
  release()
  await until(() => expect(texts(core)[1]).toBe('Meanwhile'))
  expect(peer.streams()).toHaveLength(1)
})

test('what a tab left in the outbox when it died is sent by another', async () => {
  const first = await tab()
  const id = await asked(first, 'first')
  const clientId = 'abcdefghijklmnopqrstuvwx'
  const left = { clientId, conversationId: id, text: 'left behind', createdAt: Date.now() }
  storage.setItem(`aside:${appId}:outbox:${clientId}`, JSON.stringify(left))
  const second = await tab()
  await until(() => expect(texts(second)).toEqual(['first', 'left behind']))
  await until(() => expect(texts(first)).toEqual(['first', 'left behind']))
  expect(storage.getItem(`aside:${appId}:outbox:${clientId}`)).toBeNull()
})

test('two tabs never send the same message, and both show it on its way and then delivered', async () => {
  const first = await tab()
  const id = await asked(first)
  const second = await tab()
  await second.openConversation(id)
  peer.fail('POST /v1/conversations/:id/messages', { code: 'overloaded', retryAfterMs: 400 })
  first.send('slow')
  await until(() => expect(second.getState().outbox[0]?.text).toBe('slow'))
  second.send('quick')
  await until(() => expect(second.getState().outbox).toEqual([]))
  await until(() => expect(first.getState().outbox).toEqual([]))
  const posted = peer.called('POST', /messages$/).map(({ body }) => body['clientId'])
  expect(peer.visitor().messages.map(({ text }) => text)).toEqual(['What is it?', 'slow', 'quick'])
  expect(posted.length - new Set(posted).size).toBeLessThanOrEqual(2)
})

test('what is seen in one tab is seen in all', async () => {
  const first = await tab()
  const second = await tab()
  const id = await asked(first)
  peer.begin(id)
  peer.finish(id)
  await until(() => expect([first, second].map((core) => core.getState().unread)).toEqual([1, 1]))
  await second.openConversation(id)
  second.setVisible(true)
  await until(() => expect(first.getState().unread).toBe(0))
  expect(peer.called('POST', /read$/)).toHaveLength(1)
  await asked(second)
  peer.begin(second.getState().current.id!)
  peer.finish(second.getState().current.id!)
  await until(() => expect(second.getState().running).toBeUndefined())
  await until(() => expect(first.getState().unread).toBe(0))
})

test('a session renewed by one tab is taken over by the others', async () => {
  const storages = createProcesses(2, 5)
  const first = await tab(storages[0])
  await agreed(storages)
  const second = await tab(storages[1])
  await asked(first)
  await agreed(storages)
  peer.forgetSessions()
  second.send('new here')
  await until(() => expect(texts(second)).toEqual(['new here']))
  await until(() => expect(first.getState().conversations).toHaveLength(1))
  expect(first.getState().conversations[0]?.id).toBe(second.getState().current.id)
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
})

/** What the first of them asks, and the answer, is seen in all. */
async function sharesAll(tabs: Core[], question: string): Promise<void> {
  const id = await asked(tabs[0]!, question)
  peer.say(peer.begin(id).id, 'So.')
  for (const core of tabs) {
    await until(() => expect(core.getState().conversations.map((it) => it.id)).toEqual([id]))
    await core.openConversation(id)
    await until(() => expect(texts(core)).toEqual([question, 'So.']))
  }
}

test('tabs that begin at once, and do not see yet what the other has stored, end as one visitor', async () => {
  const storages = createProcesses(2, 60)
  const tabs = await Promise.all(storages.map((it) => tab(it)))
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
  await agreed(storages)
  await sharesAll(tabs, 'Who am I?')
})

test('after one tab has logged out all are the same new visitor, whom one of them begins', async () => {
  const storages = createProcesses(3, 30)
  const tabs = [await tab(storages[0])]
  await agreed(storages)
  tabs.push(await tab(storages[1]), await tab(storages[2]))
  await asked(tabs[0]!)
  await agreed(storages)
  tabs[1]!.logout()
  for (const core of tabs) await until(() => expect(core.getState().conversations).toEqual([]))
  for (const core of tabs) await until(() => expect(core.getState().connection).toBe('live'))
  await sharesAll([tabs[1]!, tabs[0]!, tabs[2]!], 'And now?')
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
})

test('tabs that share no storage are strangers, each with its own session and stream', async () => {
  await tab(blockedStorage)
  await tab(blockedStorage)
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
  expect(peer.streams()).toHaveLength(2)
})

test('without Web Locks every tab has its own stream, and messages still stand once', async () => {
  vi.stubGlobal('navigator', {})
  const first = await tab()
  const second = await tab()
  const id = await asked(first)
  await second.openConversation(id)
  second.send('from here')
  await until(() => expect(texts(first)).toEqual(['What is it?', 'from here']))
  expect(peer.streams()).toHaveLength(2)
})
