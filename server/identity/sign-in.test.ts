import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createApp,
  createClient,
  createIdentitySecret,
  endSession,
  identifySession,
  listConversations,
  readPassage,
  startSession,
  stopTurn,
} from '@aside/protocol'
import { Visitors } from '../auth/index.ts'
import { acrossTenants, createLog } from '../platform/index.ts'
import { type Aside, ORIGIN, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('signing in, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let secret: string
  let model: string
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
    model = `gpt-answer#signing-in-${store}`
    owner = await aside.owner({ model })
    const appId = owner.app.id
    ;({ secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } }))
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const tokenOf = (sub: string, more: Record<string, unknown> = {}) =>
    mintToken(secret, owner.app.id, { claims: { sub, ...more } })
  const signIn = async (visitor: Visitor, sub: string) =>
    visitor.as(await visitor.client.call(identifySession, { body: { token: tokenOf(sub) } }))
  const asks = async (visitor: Visitor, text: string) => {
    const reading = visitor.follow()
    await reading.until('session-ready')
    const id = await visitor.conversation()
    const { message } = await visitor.post(id, text)
    await reading.until('message-end', (it) => it.message.replyTo === message.id)
    reading.close()
    return id
  }
  const titles = async (visitor: Visitor) =>
    (await visitor.client.call(listConversations, { query: {} })).conversations.map((it) => it.title)

  it('brings the last conversation along, once, whole, and no other', async () => {
    const anna = await owner.visitor()
    await asks(anna, 'The first')
    const second = await asks(anna, 'The second')
    await anna.conversation()
    const known = await anna.messages(second)

    const signedIn = await signIn(anna, 'anna')
    expect(signedIn.session).toMatchObject({ identity: { verified: true } })
    expect(signedIn.session.token).not.toBe(anna.session.token)
    expect(signedIn.session.session.visitorId).not.toBe(anna.session.session.visitorId)
    expect(await titles(signedIn)).toEqual(['The second'])
    expect((await signedIn.messages(second)).messages).toEqual(known.messages)

    await expect(anna.messages(second)).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(signIn(anna, 'anna')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(signIn(anna, 'eve')).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(await titles(signedIn)).toEqual(['The second'])
    expect(await titles(await owner.visitor(undefined, tokenOf('anna')))).toEqual(['The second'])
  })

  it('goes on in the conversation that came along, in whatever browser', async () => {
    const anonymous = await owner.visitor()
    const id = await asks(anonymous, 'Before')
    const [here, there] = [await signIn(anonymous, 'ben'), await owner.visitor(undefined, tokenOf('ben'))]
    expect(here.session.session.visitorId).toBe(there.session.session.visitorId)
    const reading = there.follow()
    await reading.until('session-ready')
    const { message } = await here.post(id, 'After')
    await reading.until('message-end', (it) => it.message.replyTo === message.id)
    reading.close()
    expect((await there.messages(id)).messages.map((it) => it.text.slice(0, 6))).toHaveLength(4)
  })

  it('tells those who follow already of the conversation that joins theirs, and closes the stream that was', async () => {
    const there = await owner.visitor(undefined, tokenOf('cleo'))
    const reading = there.follow()
    await reading.until('session-ready')
    const anonymous = await owner.visitor()
    const id = await asks(anonymous, 'Cleo asks')
    const before = anonymous.follow()
    await before.until('session-ready')
    await signIn(anonymous, 'cleo')
    await reading.until('conversation-updated', (it) => it.conversation.id === id)
    await expect.poll(() => before.states.at(-1)).toEqual({ state: 'ended', code: 'session_expired' })
    reading.close()
  })

  it('keeps an answer that is being written: its text goes on before the eyes of who signed in', async () => {
    const anonymous = await owner.visitor()
    const before = anonymous.follow()
    await before.until('session-ready')
    const gate = models.gate(model, 1)
    const id = await anonymous.conversation()
    const { message, turn } = await anonymous.post(id, 'A long one')
    await gate.reached
    await before.until('message-start')
    await expect
      .poll(() => before.text(before.events.findLast((it) => it.name === 'message-start')!.payload.message.id))
      .not.toBe('')
    const signedIn = await signIn(anonymous, 'dora')
    const after = signedIn.follow()
    const snapshot = await after.until('message-snapshot')
    expect(snapshot.payload.text).not.toBe('')
    gate.release()
    const { payload } = await after.until('message-end', (it) => it.message.replyTo === message.id)
    expect(payload.message).toMatchObject({ status: 'completed', text: after.text(payload.message.id) })
    const params = { conversationId: id }
    const stopped = await signedIn.client.call(stopTurn, { params, body: { turnId: turn!.id } })
    expect(stopped.status).toBe('completed')
    after.close()
    before.close()
  })

  it('shows the second who signs in, in the same browser, nothing of the first', async () => {
    const anonymous = await owner.visitor()
    const id = await asks(anonymous, 'Private to U1')
    const first = await signIn(anonymous, 'u1')
    const second = await signIn(first, 'u2')
    expect(await titles(second)).toEqual([])
    await expect(second.messages(id)).rejects.toMatchObject({ code: 'not_found' })
    const [, answer] = (await (await owner.visitor(undefined, tokenOf('u1'))).messages(id)).messages
    await expect(
      second.client.call(readPassage, { params: { messageId: answer!.id, number: '1' } }),
    ).rejects.toMatchObject({ code: 'not_found' })
    await expect(first.messages(id)).rejects.toMatchObject({ code: 'unauthenticated' })

    await second.client.call(endSession, {})
    await expect(second.messages(id)).rejects.toMatchObject({ code: 'unauthenticated' })
    const stranger = await owner.visitor()
    expect(stranger.session).not.toHaveProperty('identity')
    expect(await titles(stranger)).toEqual([])
    expect(await titles(await signIn(stranger, 'u1'))).toEqual(['Private to U1'])
  })

  it('happens once where two tabs do it at the same moment', async () => {
    const anonymous = await owner.visitor()
    await asks(anonymous, 'Once')
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => signIn(anonymous, 'fay')))
    const refused = tries.filter((it) => it.status === 'rejected')
    expect(refused.map((it) => it.reason.code)).toEqual(['unauthenticated', 'unauthenticated', 'unauthenticated'])
    expect(await titles(await owner.visitor(undefined, tokenOf('fay')))).toEqual(['Once'])
  })

  it('makes one visitor of one subject, also where many browsers come at once, and never more than one app’s', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(() => owner.visitor(undefined, tokenOf('gil'))))
    expect(new Set(all.map((it) => it.session.session.visitorId)).size).toBe(1)
    const app = await owner.client.call(createApp, { query: {}, body: { name: 'B', allowedOrigins: [ORIGIN] } })
    const made = await owner.client.call(createIdentitySecret, { query: {}, body: { appId: app.id } })
    const identity = mintToken(made.secret, app.id, { claims: { sub: 'gil' } })
    const at = { baseUrl: aside.url, headers: { origin: ORIGIN } }
    const elsewhere = await createClient(at).call(startSession, { body: { appId: app.id, identity } })
    expect(elsewhere.session.visitorId).not.toBe(all[0]!.session.session.visitorId)
  })

  it('joins nobody by an equal address or name, and keeps what was signed', async () => {
    const email = 'ceo@shop.example'
    const person = async (sub: string, more: object) =>
      (await owner.visitor(undefined, tokenOf(sub, { ...more }))).session.session.visitorId
    const [one, two] = [await person('hal', { email, name: 'Hal' }), await person('hal2', { email, name: 'Hal' })]
    expect(one).not.toBe(two)
    const row = () =>
      acrossTenants(beside.db, createLog('silent')).em.findOneOrFail(Visitors, { id: one }, { refresh: true })
    expect(await row()).toMatchObject({ subject: 'hal', email, name: 'Hal' })
    expect(await person('hal', {})).toBe(one)
    expect(await row()).toMatchObject({ email, name: 'Hal' })
    expect(await person('hal', { name: 'Hal the Second' })).toBe(one)
    expect(await row()).toMatchObject({ email, name: 'Hal the Second' })
    for (const extra of [{ email }, { name: 'Hal' }, { subject: 'hal' }, { visitorId: one }]) {
      const reply = await sendJson(`${aside.url}/v1/sessions`, { appId: owner.app.id, ...extra }, { origin: ORIGIN })
      expect(reply.error()).toMatchObject({ code: 'invalid_input' })
    }
  })

  it('takes no session from whoever begins one: a token that is shown is ignored', async () => {
    const known = await owner.visitor(undefined, tokenOf('ida'))
    for (const token of [known.session.token, `vst_${'A'.repeat(43)}`]) {
      const reply = await sendJson(
        `${aside.url}/v1/sessions`,
        { appId: owner.app.id },
        { origin: ORIGIN, authorization: `Bearer ${token}`, cookie: `token=${token}` },
      )
      const begun = reply.json() as Visitor['session']
      expect(begun.token).not.toBe(token)
      expect(begun.session.visitorId).not.toBe(known.session.session.visitorId)
      expect(begun).not.toHaveProperty('identity')
    }
  })

  it('brings nothing along where nothing was said, and needs no conversation', async () => {
    const anonymous = await owner.visitor()
    await anonymous.conversation()
    expect(await titles(await signIn(anonymous, 'jan'))).toEqual([])
  })

  it('outlives a restart', async () => {
    const anonymous = await owner.visitor()
    const id = await asks(anonymous, 'Before the restart')
    const kay = await signIn(anonymous, 'kay')
    await aside.restart()
    expect((await kay.messages(id)).messages).toHaveLength(2)
    expect(await titles(await owner.visitor(undefined, tokenOf('kay')))).toEqual(['Before the restart'])
  })
})
