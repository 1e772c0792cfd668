import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  applyRetention,
  createConfig,
  createHold,
  createIdentitySecret,
  identifySession,
  listAudit,
  listConversations,
  releaseHold,
} from '@aside/protocol'
import { type Aside, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000

describe.for(stores)('retention, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let now = Date.now()
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({
      store,
      modelUrl: models.url,
      boot: { edge: { now: () => now }, limits: { privacy: { sweepMs: 300 } } },
    })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  async function talk(visitor: Visitor, text: string): Promise<string> {
    const reading = visitor.follow()
    await reading.until('session-ready')
    const id = await visitor.conversation()
    const { turn } = await visitor.post(id, text)
    await reading.until('message-end', (it) => it.turn.id === turn?.id)
    reading.close()
    return id
  }
  const apply = async (owner: Owner, dryRun: boolean) =>
    (await owner.client.call(applyRetention, { query: {}, body: { dryRun } })).apps
  const conversations = async (visitor: Visitor) =>
    (await visitor.client.call(listConversations, { query: {} })).conversations.map((it) => it.id)
  const rows = async (table: string, column: string, value: string) =>
    (await beside.db.execute(undefined, `select 1 from ${table} where ${column} = ?`, [value])).rows.length

  it('says first what it would erase, then erases that: what is older, and who is left with nothing', async () => {
    const owner = await aside.owner({ model: 'echo' })
    const [anna, ben, once] = [await owner.visitor(), await owner.visitor(), await owner.visitor()]
    const first = await talk(anna, 'Long ago')
    await talk(once, 'Only once')
    const held = await talk(ben, 'In court')
    const hold = await owner.client.call(createHold, { query: {}, body: { conversationId: held, reason: 'Case 3' } })
    const oldest = new Date(now).toISOString().slice(0, 10)
    now += 20 * DAY_MS
    const later = await talk(anna, 'Lately')
    now += 20 * DAY_MS
    expect(await apply(owner, true)).toEqual([])

    // The configuration that is live decides, from when it is live.
    const query = { appId: owner.app.id }
    const kept = { model: 'echo', retentionDays: 30 }
    const config = await owner.client.call(createConfig, { query, body: { config: kept } })
    const events = await rows('stream_events', 'visitor_id', anna.session.session.visitorId)
    // Its sweeps come every 0.3 s here: none may come between saying and doing.
    const params = { appId: owner.app.id }
    await owner.client.call(activateConfig, { params, body: { config: config.number } })
    await expect.poll(() => rows('conversations', 'id', first), { timeout: 10_000 }).toBe(0)

    await expect
      .poll(() => apply(owner, true), { timeout: 10_000 })
      .toMatchObject([{ appId: owner.app.id, retentionDays: 30, conversations: 0, visitors: 0, held: 1 }])
    expect(oldest).toMatch(/^\d{4}-/)
    expect(await conversations(anna)).toEqual([later])
    expect(await rows('messages', 'conversation_id', first)).toBe(0)
    expect(await rows('stream_events', 'visitor_id', anna.session.session.visitorId)).toBeLessThan(events)
    expect(await rows('visitors', 'id', once.session.session.visitorId)).toBe(0)
    expect(await rows('visitors', 'id', anna.session.session.visitorId)).toBe(1)
    expect(await rows('messages', 'conversation_id', held)).toBe(2)
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.retained' } })
    expect(entries.map((it) => [it.actor.kind, it.target, it.detail])).toEqual([
      ['system', owner.app.id, { visitors: 1 }],
      ['system', owner.app.id, { conversations: 2 }],
    ])

    await owner.client.call(releaseHold, { params: { holdId: hold.id }, query: {} })
    await expect.poll(() => rows('conversations', 'id', held), { timeout: 10_000 }).toBe(0)
  }, 60_000)
})

describe.for(stores)('retention when it is asked for, on %s', (store) => {
  it('erases in batches exactly what the dry run said, of the caller’s tenant only', async () => {
    let now = Date.now()
    const models = await startModelServer()
    const aside = await startAside({ store, modelUrl: models.url, boot: { edge: { now: () => now } } })
    const [owner, other] = [await aside.owner({ retentionDays: 7 }), await aside.owner({ retentionDays: 7 })]
    for (const it of [owner, other]) {
      const visitor = await it.visitor()
      for (let i = 0; i < (it === owner ? 120 : 3); i++) await visitor.conversation()
    }
    const oldest = new Date(now).toISOString()
    now += 40 * DAY_MS
    const found = {
      ...{ appId: owner.app.id, retentionDays: 7, conversations: 120, visitors: 1, held: 0 },
      oldest,
    }
    const ask = (dryRun: boolean) => owner.client.call(applyRetention, { query: {}, body: { dryRun } })
    expect(await ask(true)).toEqual({ apps: [found] })
    expect(await ask(true)).toEqual({ apps: [found] })
    expect(await ask(false)).toEqual({ apps: [found] })
    expect((await ask(true)).apps).toMatchObject([{ conversations: 0, visitors: 0 }])
    const tenantId = other.tenantId
    const theirs = await aside.operator.call(applyRetention, { query: { tenantId }, body: { dryRun: true } })
    expect(theirs.apps).toMatchObject([{ conversations: 3, visitors: 1 }])
    for (const dryRun of [true, false])
      await expect(
        aside.operator.call(applyRetention, { query: { tenantId: `ten_${'0'.repeat(26)}` }, body: { dryRun } }),
      ).rejects.toMatchObject({ code: 'not_found', status: 404 })
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.retained' } })
    expect(entries.map((it) => it.detail)).toEqual([
      { visitors: 1 },
      { conversations: 20 },
      { conversations: 50 },
      { conversations: 50 },
    ])
    await aside.stop()
    await models.stop()
  }, 60_000)

  it('keeps what somebody who is held said before they signed in, and forgets who they were before it forgets them', async () => {
    let now = Date.now()
    const models = await startModelServer()
    const aside = await startAside({ store, modelUrl: models.url, boot: { edge: { now: () => now } } })
    const beside = await openBeside(aside.store)
    const owner = await aside.owner({ retentionDays: 7 })
    const appId = owner.app.id
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } })
    const anonymous = await owner.visitor()
    await anonymous.conversation()
    const token = mintToken(secret, appId, { claims: { sub: 'ada' } })
    const { session } = await anonymous.client.call(identifySession, { body: { token } })
    const body = { visitorId: session.visitorId, reason: 'Case 4' }
    const hold = await owner.client.call(createHold, { query: {}, body })
    now += 40 * DAY_MS
    const ask = async () => (await owner.client.call(applyRetention, { query: {}, body: { dryRun: false } })).apps
    expect(await ask()).toMatchObject([{ conversations: 0, visitors: 0, held: 1 }])
    await owner.client.call(releaseHold, { params: { holdId: hold.id }, query: {} })
    expect(await ask()).toMatchObject([{ conversations: 1, visitors: 1 }])
    expect(await ask()).toMatchObject([{ conversations: 0, visitors: 1 }])
    expect(await beside.count('visitors')).toBe(0)
    await beside.close()
    await aside.stop()
    await models.stop()
  }, 60_000)
})
