// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCore, type Core, type CoreOptions } from './index.ts'
import { blockedStorage, createStorage } from './testing/browser.ts'
import { type Peer, startPeer } from './testing/peer.ts'
import { settings } from './testing/settings.ts'
import { tokenFor } from './testing/token.ts'

let peer: Peer
let cores: Core[]
let appId: string
let storage: ReturnType<typeof createStorage>
let complaints: string[]

beforeEach(async () => {
  peer = await startPeer()
  cores = []
  storage = createStorage()
  appId = `${settings.appId}-${crypto.randomUUID()}`
  complaints = []
  vi.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words.join(' ')))
})

afterEach(async () => {
  for (const core of cores) core.close()
  vi.restoreAllMocks()
  await peer.close()
})

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 8_000, interval: 10 })
const texts = (core: Core) => core.getState().current.messages.map(({ text }) => text)
const live = (core: Core) => until(() => expect(core.getState().connection).toBe('live'))

/** A tab; all of one test share the browser unless told otherwise. */
function tab(options: Partial<CoreOptions> = {}): Core {
  const core = createCore({ baseUrl: peer.url, appId, storage, ...options })
  cores.push(core)
  return core
}

async function begun(options: Partial<CoreOptions> = {}): Promise<Core> {
  const core = tab(options)
  await core.start()
  await live(core)
  return core
}

async function told(core: Core, text: string): Promise<void> {
  core.send(text)
  await until(() => expect(texts(core)).toContain(text))
}

/** Everything the browser holds, and everything that is on the screen. */
const everything = (core: Core) => JSON.stringify([[...storage.entries], core.getState()])

test('a page that says who the visitor is begins a session of theirs, and a reload asks for no other', async () => {
  const identity = { token: tokenFor('u1') }
  const core = await begun({ identity })
  await told(core, 'Hello')
  expect(peer.called('POST', /sessions$/).map(({ body }) => body['identity'])).toEqual([identity.token])
  core.close()
  const again = await begun({ identity: { token: tokenFor('u1', { iat: 2 }) } })
  await until(() => expect(texts(again)).toEqual(['Hello']))
  expect(peer.called('POST', /sessions/)).toHaveLength(1)
  expect(JSON.stringify([...storage.entries]), 'a token is kept in memory only').not.toContain(identity.token)
})

test('who signs in keeps what is on the screen, and it becomes theirs once', async () => {
  const core = await begun()
  await told(core, 'Before')
  const id = core.getState().current.id
  await core.identify({ token: tokenFor('u1') })
  await live(core)
  await until(() => expect(texts(core)).toEqual(['Before']))
  expect(core.getState().current.id).toBe(id)
  expect(peer.called('POST', /identify$/)).toHaveLength(1)
  core.close()
  await begun({ identity: { token: tokenFor('u1') } })
  expect(peer.called('POST', /identify$/)).toHaveLength(1)
  expect(peer.called('POST', /sessions$/)).toHaveLength(1)
})

test('what was not sent yet goes with who signs in', async () => {
  const core = await begun()
  peer.fail('POST /v1/conversations', { code: 'overloaded', retryAfterMs: 600 })
  core.send('On its way')
  await until(() => expect(core.getState().outbox[0]?.status).toBe('waiting'))
  await core.identify({ token: tokenFor('u1') })
  await until(() => expect(texts(core)).toEqual(['On its way']))
  expect(peer.visitor().sub).toBe('u1')
})

test('nothing of one person is left for the next, on the screen or in the browser', async () => {
  const core = await begun({ identity: { token: tokenFor('u1') } })
  await told(core, 'A secret of u1')
  const left: number[] = []
  core.subscribe((state) => left.push(state.current.messages.length))
  await core.identify({ token: tokenFor('u2') })
  await live(core)
  expect(everything(core)).not.toContain('A secret of u1')
  expect(everything(core)).not.toContain('@u1')
  expect(core.getState().conversations).toEqual([])
  await until(() => expect(peer.called('DELETE', /current$/)).toHaveLength(1))
  // And the other way: what is theirs is with the server.
  await core.identify({ token: tokenFor('u1') })
  await until(() => expect(core.getState().conversations).toHaveLength(1))
})

test('a page that comes with another person finds nothing of the one before, who did not log out', async () => {
  const first = await begun({ identity: { token: tokenFor('u1') } })
  await told(first, 'A secret of u1')
  const second = await begun({ identity: { token: tokenFor('u2') } })
  expect(everything(second)).not.toContain('A secret of u1')
  // The tab that was still open follows.
  await until(() => expect(everything(first)).not.toContain('A secret of u1'))
  await told(second, 'Of u2')
  await until(() => expect(first.getState().conversations).toHaveLength(1))
})

test('a page that says nothing shows nothing of who has signed in on another', async () => {
  const first = await begun({ identity: { token: tokenFor('u1') } })
  await told(first, 'A secret of u1')
  const silent = await begun()
  expect(JSON.stringify(silent.getState())).not.toContain('secret')
  expect(texts(first), 'and takes nothing away').toEqual(['A secret of u1'])
})

test('logging out ends the session, wipes what was stored, starts clean, and other tabs follow', async () => {
  let left = 0
  const one = await begun({ identity: { token: tokenFor('u1') } })
  const two = await begun({ identity: { getToken: () => tokenFor('u1') }, onLeft: () => void left++ })
  await told(one, 'A secret of u1')
  await two.openConversation(one.getState().current.id)
  await until(() => expect(texts(two)).toEqual(['A secret of u1']))
  one.logout()
  expect(everything(one)).not.toContain('secret')
  await live(one)
  await until(() => expect(everything(two)).not.toContain('secret'))
  await live(two)
  expect(left).toBe(1)
  await until(() => expect(peer.called('DELETE', /current$/)).toHaveLength(1))
  expect([...storage.entries.keys()].filter((key) => key.includes('@'))).toEqual([])
  await told(one, 'Somebody else')
  await until(() => expect(two.getState().conversations).toHaveLength(1))
  expect(peer.visitor().sub).toBeUndefined()
})

test('where storage is blocked it is the same, within the tab', async () => {
  const core = await begun({ storage: blockedStorage, identity: { token: tokenFor('u1') } })
  await told(core, 'A secret of u1')
  core.logout()
  await live(core)
  expect(JSON.stringify(core.getState())).not.toContain('secret')
})

test('a session that has expired is begun anew with a fresh token of the page, and nothing is lost on the way', async () => {
  let minted = 0
  const getToken = vi.fn(async () => tokenFor('u1', { iat: ++minted }))
  const core = await begun({ identity: { getToken } })
  await told(core, 'First')
  expect(getToken).toHaveBeenCalledTimes(1)
  peer.cutStreams()
  peer.forgetSessions()
  // The token from the beginning is too old by now.
  peer.fail('POST /v1/sessions', { code: 'identity_invalid' })
  core.send('Second')
  await until(() => expect(texts(core)).toEqual(['First', 'Second']))
  expect(getToken).toHaveBeenCalledTimes(2)
  expect(peer.visitor().sub).toBe('u1')
})

test('a page that has nobody any longer when it is asked again has logged out', async () => {
  let signedIn = true
  const core = await begun({ identity: { getToken: () => (signedIn ? tokenFor('u1') : undefined) } })
  await told(core, 'A secret of u1')
  signedIn = false
  peer.fail('POST /v1/sessions', { code: 'identity_invalid' })
  peer.cutStreams()
  peer.forgetSessions()
  await until(() => expect(everything(core)).not.toContain('secret'))
  await live(core)
  expect(peer.visitor().sub).toBeUndefined()
})

test('a chat that needs somebody signed in says so, and goes on as soon as they are', async () => {
  peer.fail('POST /v1/sessions', { code: 'identity_required' })
  const core = tab()
  await core.start()
  expect(core.getState()).toMatchObject({ connection: 'ended', error: { code: 'identity_required' } })
  await core.identify({ token: tokenFor('u1') })
  await live(core)
  await told(core, 'Now')
})

test('a token that is refused ends in words, and starting again asks the page again', async () => {
  let good = false
  const core = tab({ identity: { getToken: () => tokenFor('u1', { exp: good ? 1 : -1 }) } })
  await core.start()
  expect(core.getState()).toMatchObject({ connection: 'ended', error: { code: 'identity_invalid' } })
  good = true
  await core.restart()
  await live(core)
})

test('a page that fails to say who it is does not get an anonymous chat by accident', async () => {
  const core = tab({ identity: { getToken: () => Promise.reject(new Error('offline')) } })
  await core.start()
  expect(core.getState()).toMatchObject({ connection: 'ended', error: { code: 'identity_invalid' } })
  expect(complaints.join()).toContain('getToken failed')
  expect(peer.calls).toEqual([])
})

test('what is no token is no identity, and said once', async () => {
  await begun({ identity: { token: 'not a token' } })
  expect(complaints).toEqual([expect.stringContaining('no signed token')])
  expect(peer.called('POST', /sessions$/)[0]?.body).not.toHaveProperty('identity')
})

test('before it is started nothing is requested or stored, whoever the page says it is', async () => {
  const core = tab()
  await core.identify({ token: tokenFor('u1') })
  await core.identify({ getToken: () => tokenFor('u2') })
  expect(peer.calls).toEqual([])
  expect(storage.entries.size).toBe(0)
  await core.start()
  await told(core, 'Hello')
  expect(peer.visitor().sub).toBe('u2')
})
