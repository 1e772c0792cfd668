import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  type AppConfig,
  createConfig,
  createIdentitySecret,
  eraseMyData,
  exportMyData,
  identifySession,
  postMessage,
  readDetails,
  readSettings,
  saveDetails,
  startSession,
} from '@aside/protocol'
import { type Aside, clientId, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { stores } from '../testing/stores.ts'

const preChat: NonNullable<AppConfig['preChat']> = [
  { name: 'email', label: 'E-mail', type: 'email', required: true },
  { name: 'phone', label: 'Phone', type: 'tel', required: false },
  { name: 'topic', label: 'Topic', type: 'select', required: true, options: ['Order', 'Other'] },
  { name: 'terms', label: 'Terms', type: 'checkbox', required: true },
]
const good = { email: 'anna@shop.example', phone: '+49 30 123456', topic: 'Order', terms: true }

describe.for(stores)('what a visitor says of themselves on %s', (store) => {
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store })
    owner = await aside.owner({ preChat })
  })
  afterAll(() => aside?.stop())

  const save = (visitor: Visitor, details: Record<string, string | boolean>) =>
    visitor.client.call(saveDetails, { body: { details } })
  const asked = async (visitor: Visitor) => (await visitor.client.call(readDetails, {})).asked.map((it) => it.name)
  const exported = async (visitor: Visitor) => (await visitor.client.open(exportMyData, {})).text()

  it('is asked by the settings, and once', async () => {
    const anna = await owner.visitor()
    const settings = await anna.client.call(readSettings, { params: { appId: owner.app.id } })
    expect(settings.preChat).toEqual(preChat)
    expect(await asked(anna)).toEqual(['email', 'phone', 'topic', 'terms'])
    const { phone: _, ...rest } = good
    expect(await save(anna, { ...rest, phone: '' })).toEqual({ details: { ...rest, phone: '' }, signed: {}, asked: [] })
    expect(await asked(anna)).toEqual([])
    expect(await asked(await owner.visitor())).toEqual(['email', 'phone', 'topic', 'terms'])
  })

  it('is refused field by field, and nothing of it is kept', async () => {
    const anna = await owner.visitor()
    const wrong: [Record<string, string | boolean>, string[]][] = [
      [{}, ['email', 'topic', 'terms']],
      [
        { ...good, email: 'anna', phone: 'call me', topic: 'Weather', terms: false },
        ['email', 'phone', 'topic', 'terms'],
      ],
      [{ ...good, email: true, terms: 'yes' }, ['email', 'terms']],
      [{ ...good, email: '  ' }, ['email']],
      [{ ...good, role: 'owner' }, ['role']],
    ]
    for (const [details, fields] of wrong) {
      const refused: unknown = await save(anna, details).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'invalid_input' })
      const { issues } = refused as { issues: { path: string }[] }
      expect(issues.map((it) => it.path).sort()).toEqual(fields.map((it) => `body.details.${it}`).sort())
    }
    expect((await anna.client.call(readDetails, {})).details).toEqual({})
  })

  it('never takes the place of what a signed identity says, and goes along with who signs in', async () => {
    const body = { appId: owner.app.id }
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body })
    const signed = mintToken(secret, owner.app.id, { claims: { sub: 'anna', email: 'real@shop.example' } })
    const anna = await owner.visitor(undefined, signed)
    expect(await asked(anna)).toEqual(['phone', 'topic', 'terms'])
    const { details } = await save(anna, { ...good, email: 'forged@shop.example' })
    expect(details).toEqual({ phone: good.phone, topic: 'Order', terms: true })
    expect(await exported(anna)).not.toContain('forged')

    const ben = await owner.visitor()
    await save(ben, good)
    const token = mintToken(secret, owner.app.id, { claims: { sub: 'ben' } })
    const later = ben.as(await ben.client.call(identifySession, { body: { token } }))
    expect(await asked(later)).toEqual([])
    expect((await later.client.call(readDetails, {})).details).toEqual(good)
  })

  it('is in their export, and gone when they are', async () => {
    const anna = await owner.visitor()
    await save(anna, { ...good, email: 'yak@shop.example' })
    expect(await exported(anna)).toContain('yak@shop.example')
    await anna.client.call(eraseMyData, {})
    await expect(save(anna, good)).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  describe('before the first message of a conversation', () => {
    const begin = async (visitor: Visitor) => visitor.post(await visitor.conversation(), 'Where is my order?')
    const missing = (...fields: string[]) => ({
      code: 'details_required',
      issues: fields.map((it) => ({ path: `details.${it}` })),
    })

    it('has to be said where it must be, and nothing is stored until it is', async () => {
      const anna = await owner.visitor()
      const id = await anna.conversation()
      const key = clientId()
      await expect(anna.post(id, 'Where is my order?', key)).rejects.toMatchObject(missing('email', 'topic', 'terms'))
      expect(await anna.messages(id)).toMatchObject({ messages: [], conversation: { lastSeq: 0 } })
      const { phone: _, ...required } = good
      await save(anna, required)
      const posted = await anna.post(id, 'Where is my order?', key)
      expect(posted.turn).toBeDefined()
      expect((await anna.post(id, 'Where is my order?', key)).message).toEqual(posted.message)
    })

    it('is asked anew once another answer is asked for, and not within a conversation that has begun', async () => {
      const mine = await aside.owner({ preChat })
      const anna = await mine.visitor()
      await save(anna, good)
      const begun = await anna.conversation()
      await anna.post(begun, 'Where is my order?')
      const changed = preChat.map((it) => (it.name === 'topic' ? { ...it, options: ['Parcel'] } : it))
      const app = { appId: mine.app.id }
      const { number } = await mine.client.call(createConfig, { query: app, body: { config: { preChat: changed } } })
      await mine.client.call(activateConfig, { params: app, query: {}, body: { config: number } })
      await expect(begin(anna)).rejects.toMatchObject(missing('topic'))
      expect(await asked(anna)).toEqual(['topic'])
      await expect.poll(() => anna.messages(begun)).toMatchObject({ messages: { length: 2 } })
      expect((await anna.post(begun, 'Are you there?')).turn).toBeDefined()
      await save(anna, { topic: 'Parcel' })
      expect((await begin(anna)).turn).toBeDefined()
    })

    it('is not asked of who leaves a message, nor of a backend, nor for what a signed identity says', async () => {
      const anna = await owner.visitor()
      const params = { conversationId: await anna.conversation() }
      const body = { clientId: clientId(), text: 'Call me', left: { email: 'anna@shop.example' } }
      expect((await anna.client.call(postMessage, { params, body })).message.text).toBe('Call me')

      const session = await owner.client.call(startSession, { body: { appId: owner.app.id } })
      expect((await begin(anna.as(session))).turn).toBeDefined()

      const mine = await aside.owner({ preChat: preChat.slice(0, 1) })
      const app = { appId: mine.app.id }
      const { secret } = await mine.client.call(createIdentitySecret, { query: {}, body: app })
      const claims = { sub: 'ada', email: 'ada@shop.example' }
      const ada = await mine.visitor(undefined, mintToken(secret, mine.app.id, { claims }))
      expect((await begin(ada)).turn).toBeDefined()
    })
  })
})
