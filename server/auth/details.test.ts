import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AppConfig,
  createIdentitySecret,
  eraseMyData,
  exportMyData,
  identifySession,
  readDetails,
  readSettings,
  saveDetails,
} from '@aside/protocol'
import { type Aside, type Owner, startAside, type Visitor } from '../testing/aside.ts'
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
})
