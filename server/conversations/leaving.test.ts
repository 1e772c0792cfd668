import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AppConfig,
  createIdentitySecret,
  type Left,
  postMessage,
  readDetails,
  readSettings,
} from '@aside/protocol'
import { type Aside, clientId, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

const always = [{ from: '00:00', to: '23:59' }]
const open = { mon: always, tue: always, wed: always, thu: always, fri: always, sat: always, sun: always }

describe.for(stores)('a message that is left, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    owner = await aside.owner({ model: 'tokens:200:20', features: { chat: false } })
  })
  afterAll(async () => {
    await aside?.stop()
    await models?.stop()
  })

  const leave = (visitor: Visitor, conversationId: string, left: Left, id = clientId()) =>
    visitor.client.call(postMessage, { params: { conversationId }, body: { clientId: id, text: 'Call me', left } })

  it('can be left where the settings say so', async () => {
    const awayOf = async (config: AppConfig) => {
      const { app, visitor } = await aside.owner(config)
      const { client, session } = await visitor()
      const { away } = await client.call(readSettings, { params: { appId: app.id } })
      expect(session.settings.away).toEqual(away)
      return away
    }
    const hours = (week: object, more = {}) => ({ businessHours: { timeZone: 'UTC', week, ...more } })
    const features = { handoff: true }
    expect(await awayOf({})).toBeUndefined()
    expect(await awayOf({ features: { chat: false } })).toEqual({ reason: 'off' })
    expect(await awayOf({ features, ...hours({}, { closedMessage: 'Monday.' }) })).toEqual({
      reason: 'closed',
      message: 'Monday.',
    })
    expect(await awayOf({ features, ...hours(open) })).toBeUndefined()
    expect(await awayOf(hours({}))).toBeUndefined()
  })

  it('is answered by nobody, kept once, and says how its visitor can be reached', async () => {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    const key = clientId()
    const left = { email: 'anna@shop.example', name: ' Anna ' }
    const posted = await leave(anna, id, left, key)
    expect(posted.turn).toBeUndefined()
    await reading.until('conversation-updated', (it) => it.conversation.handledBy === 'nobody')
    expect((await leave(anna, id, left, key)).message).toEqual(posted.message)
    const { messages, conversation } = await anna.messages(id)
    expect(messages).toEqual([posted.message])
    expect(conversation).toMatchObject({ handledBy: 'nobody', epoch: 2, title: 'Call me' })
    expect((await anna.client.call(readDetails, {})).details).toEqual({ email: 'anna@shop.example', name: 'Anna' })
    // The next one goes the same way, and needs no address any more.
    expect((await leave(anna, id, {})).turn).toBeUndefined()
    expect((await anna.post(id, 'Or write')).turn).toBeUndefined()
    reading.close()
  })

  it('asks for an address unless that is known, and never takes one in place of a signed one', async () => {
    const ben = await owner.visitor()
    const id = await ben.conversation()
    await expect(leave(ben, id, {})).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'body.left.email' }],
    })
    await expect(leave(ben, id, { email: 'ben' })).rejects.toMatchObject({ code: 'invalid_input' })
    const kept = await ben.messages(id)
    expect(kept.messages).toEqual([])
    expect(kept.conversation).toMatchObject({ handledBy: 'assistant', epoch: 1 })

    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId: owner.app.id } })
    const claims = { sub: 'ada', email: 'ada@shop.example' }
    const ada = await owner.visitor(undefined, mintToken(secret, owner.app.id, { claims }))
    const talk = await ada.conversation()
    await leave(ada, talk, { email: 'forged@shop.example' })
    expect(await ada.client.call(readDetails, {})).toMatchObject({ details: {}, signed: { email: 'ada@shop.example' } })
  })

  it('waits for what is still being answered', async () => {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    await anna.post(id, 'Tell me all')
    await reading.until('message-start')
    const left = { email: 'anna@shop.example' }
    await expect(leave(anna, id, left)).rejects.toMatchObject({ code: 'conversation_busy' })
    await reading.until('message-end', () => true, 20_000)
    expect((await leave(anna, id, left)).turn).toBeUndefined()
    reading.close()
  })
})
