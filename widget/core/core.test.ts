// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { readPassage } from '@aside/protocol'
import { createCore, type Core, pending } from './index.ts'
import { blockedStorage, createStorage } from './testing/browser.ts'
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

/** A page of a browser: pages of one browser share the storage. Tabs of other tests are not to meet these. */
function open(options: Partial<Parameters<typeof createCore>[0]> = {}): Core {
  const core = createCore({ baseUrl: peer.url, appId: `${settings.appId}-${apps}`, storage, ...options })
  cores.push(core)
  return core
}

beforeEach(() => void apps++)

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 })

const live = (core: Core) => until(() => expect(core.getState().connection).toBe('live'))
const texts = (core: Core) => core.getState().current.messages.map(({ text }) => text)

async function asked(core: Core, text = 'What is it?') {
  await core.start()
  await live(core)
  core.send(text)
  await until(() => expect(core.getState().running).toBeDefined())
  return core.getState().current.id!
}

test('nothing is requested before start, and start is done once', async () => {
  const core = open()
  expect(core.getState().connection).toBe('idle')
  await Promise.all([core.start(), core.start()])
  await live(core)
  expect(peer.called('POST', /sessions$/)).toHaveLength(1)
  expect(core.getState().settings?.name).toBe('Demo')
})

test('a question starts a conversation, is acknowledged once, and its answer streams in', async () => {
  const core = open()
  const seen: string[] = []
  core.subscribe((state) => {
    const drawn = [
      ...state.current.messages.map(({ clientId }) => clientId),
      ...pending(state).map((it) => it.clientId),
    ]
    seen.push(drawn.filter((it) => it !== undefined).join())
  })
  const id = await asked(core)
  expect(core.getState().running).toMatchObject({ status: 'queued', place: 1, waiting: true })
  const answer = peer.begin(id)
  peer.say(answer.id, 'It is ')
  peer.say(answer.id, 'Aside.')
  await until(() => expect(texts(core)).toEqual(['What is it?', 'It is Aside.']))
  expect(core.getState().running).toMatchObject({ messageId: answer.id, status: 'running', waiting: false })
  peer.finish(id)
  await until(() => expect(core.getState().running).toBeUndefined())
  expect(core.getState().current.messages[1]).toMatchObject({ status: 'completed', citations: [{ number: 1 }] })
  expect(core.getState().conversations).toHaveLength(1)
  // From the moment it was sent the message was on the screen, and never twice.
  const first = seen.findIndex((it) => it !== '')
  expect(new Set(seen.slice(first)).size).toBe(1)
})

test('a page that is reloaded in the middle of an answer goes on where it was', async () => {
  const before = open()
  const id = await asked(before)
  const answer = peer.begin(id)
  peer.say(answer.id, 'One, ')
  await until(() => expect(texts(before)[1]).toBe('One, '))
  before.close()
  peer.say(answer.id, 'two, ')
  const after = open()
  await after.start()
  await until(() => expect(texts(after)).toEqual(['What is it?', 'One, two, ']))
  expect(after.getState().running).toMatchObject({ status: 'running', waiting: false })
  peer.say(answer.id, 'three.')
  peer.finish(id)
  await until(() => expect(after.getState().current.messages[1]?.status).toBe('completed'))
  expect(texts(after)[1]).toBe('One, two, three.')
  expect(peer.called('POST', /sessions$/)).toHaveLength(1)
})

test('however often the stream is cut, the text ends up equal to the stored one', async () => {
  const core = open()
  const id = await asked(core)
  const answer = peer.begin(id)
  let stored = ''
  for (const word of 'the quick brown fox jumps'.split(' ')) {
    peer.say(answer.id, `${word} `)
    stored += `${word} `
    peer.cutStreams()
    await until(() => expect(peer.streams()).toHaveLength(1))
    expect(stored.startsWith(texts(core)[1] ?? '')).toBe(true)
  }
  await until(() => expect(texts(core)[1]).toBe(stored))
  peer.finish(id)
  await until(() => expect(core.getState().running).toBeUndefined())
  expect(texts(core)[1]).toBe(stored)
}, 20_000)

test('a delta that is lost leaves no hole: what is missing is asked for', async () => {
  const core = open()
  const id = await asked(core)
  const answer = peer.begin(id)
  peer.say(answer.id, 'One, ')
  await until(() => expect(texts(core)[1]).toBe('One, '))
  peer.lose(answer.id, 'two, ')
  peer.say(answer.id, 'three')
  await until(() => expect(texts(core)[1]).toBe('One, two, three'))
  expect(peer.streams()).toHaveLength(1)
})

test('a reply that is lost is asked for again under the same clientId, and the message stands once', async () => {
  const core = open()
  await core.start()
  await live(core)
  peer.fail('POST /v1/conversations', 'cut')
  peer.fail('POST /v1/conversations/:id/messages', 'cut')
  core.send('Hello')
  await until(() => expect(core.getState().outbox).toEqual([]))
  await until(() => expect(texts(core)).toEqual(['Hello']))
  expect(new Set(peer.called('POST', /messages$/).map(({ body }) => body['clientId'])).size).toBe(1)
  expect(new Set(peer.called('POST', /conversations$/).map(({ body }) => body['clientId'])).size).toBe(1)
  expect(peer.visitor().messages).toHaveLength(1)
})

test('messages of a conversation are sent one at a time and in order, though the first has to wait', async () => {
  const core = open()
  await core.start()
  await live(core)
  peer.fail('POST /v1/conversations/:id/messages', { code: 'overloaded', retryAfterMs: 300 })
  core.send('one')
  core.send('two')
  core.send('three')
  await until(() => expect(core.getState().outbox[0]?.error).toEqual({ code: 'overloaded', retryAfterMs: 300 }))
  expect(core.getState().outbox.map(({ status }) => status)).toEqual(['waiting', 'queued', 'queued'])
  await until(() => expect(core.getState().outbox).toEqual([]))
  expect(peer.called('POST', /messages$/).map(({ body }) => body['text'])).toEqual(['one', 'one', 'two', 'three'])
})

test('what will never be accepted fails with its reason, lets the next pass, and can be sent again or dropped', async () => {
  const core = open()
  await core.start()
  await live(core)
  peer.fail('POST /v1/conversations/:id/messages', { code: 'invalid_input' })
  core.send('one')
  core.send('two')
  await until(() => expect(texts(core)).toEqual(['two']))
  const [failed] = core.getState().outbox
  expect(failed).toMatchObject({ text: 'one', status: 'failed', error: { code: 'invalid_input' } })
  core.close()
  const after = open()
  expect(after.getState().outbox[0]).toMatchObject({ text: 'one', status: 'failed', error: { code: 'invalid_input' } })
  await after.start()
  after.resend(failed!.clientId)
  await until(() => expect(after.getState().outbox).toEqual([]))
  peer.fail('POST /v1/conversations/:id/messages', { code: 'invalid_input' })
  after.send('three')
  await until(() => expect(after.getState().outbox[0]?.status).toBe('failed'))
  after.discard(after.getState().outbox[0]!.clientId)
  expect(after.getState().outbox).toEqual([])
  expect([...storage.entries.keys()].filter((key) => key.includes('outbox'))).toEqual([])
})

test('what was to replace a question that is not the last any longer can be sent as a new one', async () => {
  const core = open()
  const conversationId = await asked(core, 'one')
  const { messages } = core.getState().current
  peer.fail('POST /v1/conversations/:id/messages', { code: 'conflict' })
  core.send('two', { replaces: messages[0]!.id })
  await until(() => expect(core.getState().outbox[0]?.status).toBe('failed'))
  core.resend(core.getState().outbox[0]!.clientId, true)
  await until(() => expect(core.getState().outbox).toEqual([]))
  const sent = peer.called('POST', new RegExp(`${conversationId}/messages$`)).map(({ body }) => body)
  expect(sent.map((it) => 'replaces' in it)).toEqual([false, true, false])
  expect(texts(core)).toContain('two')
})

test('what was sent without a network is sent after a reload, in order', async () => {
  const offline = () => Promise.reject(new TypeError('no network'))
  const before = open({ fetch: offline })
  void before.start()
  before.send('one')
  before.send('two')
  await until(() => expect(before.getState()).toMatchObject({ connection: 'waiting', outbox: [{}, {}] }))
  before.close()
  const after = open()
  expect(pending(after.getState()).map(({ text }) => text)).toEqual(['one', 'two'])
  await after.start()
  await until(() => expect(texts(after)).toEqual(['one', 'two']))
  expect(peer.visitor().conversations).toHaveLength(1)
})

test('a conversation whose beginning was stored though the reply was lost is found again after a reload', async () => {
  const before = open()
  await before.start()
  await live(before)
  // The stream tells nothing, the replies are lost.
  peer.fail('GET /v1/events', 'hang')
  peer.cutStreams()
  before.send('one')
  await until(() => expect(peer.visitor().messages).toHaveLength(1))
  const stored = [...storage.entries].find(([key]) => key.includes('outbox'))
  before.close()
  for (const [key] of [...storage.entries]) if (key.endsWith(':cursor')) storage.entries.delete(key)
  if (stored) storage.entries.set(...stored)
  const after = open()
  await after.start()
  await until(() => expect(texts(after)).toEqual(['one']))
  await until(() => expect(after.getState().outbox).toEqual([]))
  expect(peer.visitor().messages).toHaveLength(1)
})

test('a store restored from a backup makes the widget fetch everything again', async () => {
  const core = open()
  const id = await asked(core)
  const answer = peer.begin(id)
  peer.say(answer.id, 'Half')
  await until(() => expect(texts(core)[1]).toBe('Half'))
  const lists = peer.called('GET', /conversations$/).length
  peer.changeEpoch()
  peer.cutStreams()
  await until(() => expect(peer.called('GET', /conversations$/).length).toBe(lists + 1))
  await until(() => expect(core.getState().stream.cursor).toMatch(/^e2-/))
  await until(() => expect(texts(core)[1]).toBe('Half'))
  peer.say(answer.id, ' whole')
  await until(() => expect(texts(core)[1]).toBe('Half whole'))
})

test('a session that is over is renewed once, and what was not sent goes to a new conversation', async () => {
  const core = open()
  const id = await asked(core, 'old')
  peer.forgetSessions()
  core.send('new')
  await until(() => expect(texts(core)).toEqual(['new']))
  expect(core.getState().current.id).not.toBe(id)
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
  await live(core)
  await until(() => expect(core.getState().conversations).toHaveLength(1))
})

test('a session that is refused again right away ends it, visibly', async () => {
  const core = open()
  await core.start()
  await live(core)
  peer.forgetSessions()
  // Whatever asks first with the new token is refused, too.
  peer.fail('GET /v1/conversations', { code: 'session_expired' })
  core.send('hello?')
  await until(() => expect(core.getState().connection).toBe('ended'))
  expect(core.getState().error?.code).toBe('session_expired')
  expect(core.getState().outbox).toHaveLength(1)
  expect(peer.called('POST', /sessions$/)).toHaveLength(2)
})

test('an app that does not exist ends it with the reason', async () => {
  peer.fail('POST /v1/sessions', { code: 'app_not_found' })
  const core = open()
  await core.start()
  expect(core.getState()).toMatchObject({ connection: 'ended', error: { code: 'app_not_found' } })
})

test('storage that throws costs nothing but the memory of it', async () => {
  const core = open({ storage: blockedStorage })
  const id = await asked(core)
  peer.begin(id)
  peer.finish(id)
  await until(() => expect(core.getState().current.messages[1]?.status).toBe('completed'))
  expect(core.getState().outbox).toEqual([])
})

test('an answer is stopped, and answered once more in its place', async () => {
  const core = open()
  const id = await asked(core)
  const first = peer.begin(id)
  peer.say(first.id, 'Wrong')
  await until(() => expect(texts(core)[1]).toBe('Wrong'))
  await core.stop()
  await until(() => expect(core.getState().current.messages[1]?.status).toBe('stopped'))
  expect(core.getState().running).toBeUndefined()
  await core.regenerate(first.id)
  await until(() => expect(core.getState().running?.status).toBe('queued'))
  const second = peer.begin(id)
  peer.say(second.id, 'Right')
  peer.finish(id)
  await until(() => expect(core.getState().running).toBeUndefined())
  expect(texts(core)).toEqual(['What is it?', 'Right'])
  const passage = (number: string) =>
    core.call<typeof readPassage>(
      { method: 'GET', path: '/v1/messages/:messageId/citations/:number' },
      { params: { messageId: second.id, number } },
    )
  await expect(passage('1')).resolves.toMatchObject({ text: 'Words and so on' })
  await expect(passage('7')).rejects.toMatchObject({ code: 'not_found' })
})

test('several conversations stand in a list, the last active first, and each is opened with its messages', async () => {
  const core = open()
  const first = await asked(core, 'first')
  await core.openConversation()
  expect(core.getState().current.messages).toEqual([])
  const second = await asked(core, 'second')
  expect(core.getState().conversations.map(({ id }) => id)).toEqual([second, first])
  await core.openConversation(first)
  expect(texts(core)).toEqual(['first'])
  core.send('again')
  await until(() => expect(core.getState().conversations.map(({ id }) => id)).toEqual([first, second]))
  await core.openConversation(`cnv_${'z'.repeat(26)}`)
  expect(core.getState().current.error?.code).toBe('not_found')
})

test('a listener that throws, or says something itself, harms nobody', async () => {
  const core = open()
  const trouble = new Promise((resolve) => process.once('uncaughtException', resolve))
  const heard: string[] = []
  const out = core.subscribe(({ outbox }) => {
    out()
    if (outbox.length === 1) core.send('and this')
    throw new Error('my own trouble')
  })
  core.subscribe(({ outbox }) => heard.push(outbox.map(({ text }) => text).join()))
  core.send('this')
  expect(heard.at(-1)).toBe('this,and this')
  await expect(trouble).resolves.toMatchObject({ message: 'my own trouble' })
})

test('what arrives while nobody looks is unread until somebody does, also after a reload', async () => {
  const core = open()
  const id = await asked(core)
  peer.begin(id)
  peer.finish(id)
  await until(() => expect(core.getState().unread).toBe(1))
  core.close()
  const after = open()
  expect(after.getState().unread).toBe(1)
  after.setVisible(true)
  await after.start()
  await until(() => expect(peer.called('POST', /read$/)).toHaveLength(1))
  expect(after.getState().unread).toBe(0)
})
