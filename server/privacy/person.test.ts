import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createHold,
  createIdentitySecret,
  eraseVisitor,
  exportVisitor,
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
import { none, tracesIn } from '../testing/traces.ts'

describe.for(stores)('a person who was anonymous before they signed in, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let secret: string
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ model: 'echo' })
    ;({ secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId: owner.app.id } }))
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const idOf = (visitor: Visitor) => visitor.session.session.visitorId
  const tokenOf = (sub: string) => mintToken(secret, owner.app.id, { claims: { sub } })
  const signIn = async (visitor: Visitor, sub: string) =>
    visitor.as(await visitor.client.call(identifySession, { body: { token: tokenOf(sub) } }))
  const erase = (visitorId: string) => owner.client.call(eraseVisitor, { params: { visitorId }, query: {} })

  async function talk(visitor: Visitor, text: string): Promise<string> {
    const reading = visitor.follow()
    await reading.until('session-ready')
    const conversationId = await visitor.conversation()
    const { turn } = await visitor.post(conversationId, text)
    await reading.until('message-end', (it) => it.turn.id === turn?.id)
    reading.close()
    return conversationId
  }

  /** Somebody with a conversation that stayed behind in each of two browsers. */
  async function person(sub: string, mark: string) {
    const browsers = [await owner.visitor(), await owner.visitor()]
    for (const [i, browser] of browsers.entries()) {
      await talk(browser, `${mark}-${i} stays behind`)
      await talk(browser, `${mark}-${i} comes along`)
    }
    const signedIn = [await signIn(browsers[0]!, sub), await signIn(browsers[1]!, sub)]
    expect(new Set(signedIn.map(idOf)).size).toBe(1)
    return { id: idOf(signedIn[0]!), before: browsers.map(idOf), signedIn: signedIn[0]! }
  }
  const merges = async (id: string) =>
    (
      await beside.db.execute(
        undefined,
        'select visitor_id from visitor_merges where into_id = ? or visitor_id = ? order by visitor_id',
        [id, id],
      )
    ).rows.map((it) => it['visitor_id'])

  it('is exported and erased with all they said before, in whatever browser, and nobody else is', async () => {
    const { id, before } = await person('mia', 'GNUMARK')
    const other = await person('max', 'EMUMARK')
    const text = await (await owner.client.open(exportVisitor, { params: { visitorId: id } })).text()
    for (const i of [0, 1]) {
      expect(text).toContain(`GNUMARK-${i} stays behind`)
      expect(text).toContain(`GNUMARK-${i} comes along`)
    }
    for (const visitorId of before) expect(text).toContain(`"table":"visitors","row":{"id":"${visitorId}"`)
    expect(text).not.toContain('EMUMARK')

    expect((await erase(id)).rows).toMatchObject({ visitors: 3, conversations: 4, messages: 8, visitor_merges: 2 })
    await expect.poll(() => tracesIn(aside.store, beside.db, ['GNUMARK']), { timeout: 20_000 }).toEqual(none('GNUMARK'))
    for (const visitorId of [id, ...before])
      for (const table of ['sessions', 'stream_events', 'stream_heads', 'usage_days', 'conversations'])
        expect(
          (await beside.db.execute(undefined, `select 1 from ${table} where visitor_id = ?`, [visitorId])).rows,
        ).toEqual([])
    // A backup of the time before knows them by these.
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.erased' } })
    expect(entries.map((it) => it.target).sort()).toEqual([id, ...before].sort())
    for (const visitorId of [id, ...before]) expect(await erase(visitorId)).toMatchObject({ rows: {} })
    expect(await merges(other.id)).toEqual(other.before)
    expect((await tracesIn(aside.store, beside.db, ['EMUMARK']))['EMUMARK']).toBeGreaterThan(0)
  }, 60_000)

  it('stops an answer that is still being written in a conversation that stayed behind', async () => {
    const slow = await aside.owner({ model: 'tokens:2000:10' })
    const made = await slow.client.call(createIdentitySecret, { query: {}, body: { appId: slow.app.id } })
    const browser = await slow.visitor()
    const [first, second] = [await browser.conversation(), await browser.conversation()]
    await browser.post(first, 'Stays behind')
    await browser.post(second, 'Comes along')
    await expect.poll(() => aside.running.app.load().running).toBe(2)
    const token = mintToken(made.secret, slow.app.id, { claims: { sub: 'ned' } })
    const signedIn = browser.as(await browser.client.call(identifySession, { body: { token } }))
    await slow.client.call(eraseVisitor, { params: { visitorId: idOf(signedIn) }, query: {} })
    expect(aside.running.app.load().running).toBe(0)
  }, 30_000)

  it('is held with it, whoever of them is asked for', async () => {
    const { id, before } = await person('nora', 'OKAPIMARK')
    const hold = await owner.client.call(createHold, { query: {}, body: { visitorId: id, reason: 'Case 14' } })
    for (const visitorId of [id, ...before]) await expect(erase(visitorId)).rejects.toMatchObject({ code: 'conflict' })
    await owner.client.call(releaseHold, { params: { holdId: hold.id }, query: {} })
    const behind = await owner.client.call(createHold, {
      query: {},
      body: { visitorId: before[0]!, reason: 'Case 15' },
    })
    await expect(erase(id)).rejects.toMatchObject({ code: 'conflict' })
    await owner.client.call(releaseHold, { params: { holdId: behind.id }, query: {} })
    // One of them alone: the others stay, and so does who they are.
    expect((await erase(before[0]!)).rows).toMatchObject({ visitors: 1, conversations: 1, visitor_merges: 1 })
    expect(await merges(id)).toEqual([before[1]])
  }, 60_000)

  it('is one person only: who is verified is merged into nobody, and who was merged not again', async () => {
    const { id, before, signedIn } = await person('olga', 'PUMAMARK')
    const second = await signIn(signedIn, 'otto')
    expect(idOf(second)).not.toBe(id)
    expect(await merges(idOf(second))).toEqual([])
    expect(await merges(id)).toEqual(before)
    const text = await (await owner.client.open(exportVisitor, { params: { visitorId: idOf(second) } })).text()
    expect(text).not.toContain('PUMAMARK')
    // The store itself would refuse it.
    const again = beside.db.execute(
      undefined,
      'insert into visitor_merges (tenant_id, visitor_id, into_id, created_at) values (?, ?, ?, ?)',
      [owner.tenantId, before[0], idOf(second), store === 'sqlite' ? 0 : new Date(0)],
    )
    await expect(again).rejects.toThrow(/unique/i)
    await expect(signIn(await owner.visitor(undefined, tokenOf('otto')), 'olga')).resolves.toBeDefined()
    expect(await merges(id)).toEqual(before)
    await erase(idOf(second))
    expect((await signedInAgain('olga')).map((it) => it.title)).toHaveLength(2)
  }, 60_000)

  async function signedInAgain(sub: string) {
    const visitor = await owner.visitor(undefined, tokenOf(sub))
    const { conversations } = await visitor.client.call(listConversations, { query: {} })
    return conversations
  }
})
