import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addSource,
  backupStore,
  createApp,
  createHold,
  createIdentitySecret,
  eraseTenant,
  eraseVisitor,
  identifySession,
  findVisitors,
  isFault,
  listApps,
  listAudit,
  listConversations,
  readTenant,
  releaseHold,
  removeApp,
  searchSources,
  updateTenant,
} from '@aside/protocol'
import { entities } from '../app.ts'
import { type Aside, clientId, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { mintToken } from '../testing/identity-tokens.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'
import { none, tracesIn } from '../testing/traces.ts'

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  )
const params = (visitor: Visitor) => ({ params: { visitorId: visitor.session.session.visitorId } })

describe.for(stores)('erasing, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const traces = (...marks: string[]) => tracesIn(aside.store, beside.db, marks)

  /** Asks, and waits for the answer, which repeats the question. */
  async function talk(visitor: Visitor, text: string, id?: string) {
    const reading = visitor.follow()
    await reading.until('session-ready')
    const conversationId = await visitor.conversation()
    const posted = await visitor.post(conversationId, text, id)
    await reading.until('message-end', (it) => it.turn.id === posted.turn?.id)
    reading.close()
    return { conversationId, posted }
  }

  it('leaves nothing of a visitor: not in a table, not in a file, not in a backup made after it', async () => {
    const owner = await aside.owner({ model: 'echo' })
    const appId = owner.app.id
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } })
    const marks = ['ZEBRAMARK', 'zoe.zebra@mark.example', 'Zoe Zebra', 'zebra-42']
    const claims = { sub: marks[3], email: marks[1], name: marks[2] }
    const gone = await owner.visitor(undefined, mintToken(secret, appId, { claims }))
    const other = await owner.visitor()
    const find = async () => (await owner.client.call(findVisitors, { query: { appId, subject: marks[3]! } })).visitors
    expect(await find()).toMatchObject([{ id: gone.session.session.visitorId, appId }])
    for (let i = 0; i < 12; i++)
      await talk(
        i % 3 === 2 ? other : gone,
        i % 3 === 2 ? `Others ${i}` : `${marks.join(' ')} ${i} ${'x'.repeat(i * 300)}`,
      )
    const id = gone.session.session.visitorId
    expect((await traces(...marks, id))[marks[0]!]).toBeGreaterThan(0)
    const reading = gone.follow()
    await reading.until('session-ready')

    const erased = await owner.client.call(eraseVisitor, { ...params(gone), query: {} })
    expect(erased).toMatchObject({ id, rows: { visitors: 1, conversations: 8, messages: 16 }, isCompacted: true })
    expect(await traces(...marks)).toEqual(none(...marks))
    expect(await find()).toEqual([])
    for (const { meta } of entities)
      if ('visitorId' in meta.properties)
        expect(
          (await beside.db.execute(undefined, `select 1 from "${meta.tableName}" where visitor_id = ?`, [id])).rows,
        ).toEqual([])
    // Only that it was done, and to whom, is left.
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.erased' } })
    expect(entries.map((it) => it.target)).toEqual([id])

    expect(await codeOf(gone.client.call(listConversations, { query: {} }))).toBe('unauthenticated')
    await expect.poll(() => reading.states.at(-1)?.state).toBe('ended')
    reading.close()
    expect((await other.client.call(listConversations, { query: {} })).conversations).toHaveLength(4)

    if (store === 'postgres') return
    const copy = Buffer.from(await (await aside.operator.open(backupStore, {})).arrayBuffer()).toString('latin1')
    expect(copy).toContain('Others 2')
    for (const mark of marks) expect(copy).not.toContain(mark)
  })

  it(
    'stops what runs first, is done twice like once, and lets no retry bring anything back',
    { timeout: 30_000 },
    async () => {
      const owner = await aside.owner({ model: 'tokens:2000:10' })
      const visitor = await owner.visitor()
      const reading = visitor.follow()
      await reading.until('session-ready')
      const conversationId = await visitor.conversation()
      const once = clientId()
      await visitor.post(conversationId, 'PLOVERMARK', once)
      await reading.until('message-delta')
      await sleep(600)
      const [draft] = (await beside.db.execute(undefined, 'select pieces from drafts', [])).rows
      expect(draft).toBeDefined()
      const both = await Promise.all(
        [1, 2].map(() => codeOf(owner.client.call(eraseVisitor, { ...params(visitor), query: {} }))),
      )
      expect(both).toEqual(['done', 'done'])
      expect(await owner.client.call(eraseVisitor, { ...params(visitor), query: {} })).toMatchObject({ rows: {} })
      expect(aside.running.app.load().running).toBe(0)
      expect(await codeOf(visitor.post(conversationId, 'PLOVERMARK', once))).toBe('unauthenticated')
      reading.close()
      const said = Array.from({ length: 12 }, (_, i) => tokenText(i)).join('')
      // The answer that was being written, too, wherever it was written down on the way.
      await expect.poll(() => traces('PLOVERMARK', said), { timeout: 15_000 }).toEqual(none('PLOVERMARK', said))
    },
  )

  it('of an app takes its sources, their index and its visitors along, and leaves the others', async () => {
    const owner = await aside.owner({ model: 'echo' })
    const visitor = await owner.visitor()
    const add = (appId: string, text: string) =>
      owner.client.call(addSource, { query: { appId, name: 'a.md' }, content: text, contentType: 'text/markdown' })
    const kept = await owner.client.call(createApp, { query: {}, body: { name: 'Kept' } })
    await add(owner.app.id, '# WOMBATMARK\n\nThe WOMBATMARK digs.')
    await add(kept.id, '# Moles\n\nThe mole digs too.')
    await talk(visitor, 'Who digs WOMBATMARK?')
    const removed = await owner.client.call(removeApp, { params: { appId: owner.app.id }, query: {} })
    expect(removed.rows).toMatchObject({ apps: 1, sources: 1, chunks: 1, visitors: 1, config_versions: 1 })
    expect(await codeOf(owner.client.call(searchSources, { query: { appId: owner.app.id, q: 'digs' } }))).toBe(
      'not_found',
    )
    expect(await codeOf(owner.visitor())).toBe('app_not_found')
    expect(await codeOf(visitor.conversation())).toBe('unauthenticated')
    expect((await owner.client.call(listApps, { query: {} })).apps.map((it) => it.id)).toEqual([kept.id])
    const found = await owner.client.call(searchSources, { query: { appId: kept.id, q: 'digs' } })
    expect(found.hits[0]?.text).toContain('mole')
    expect(await owner.client.call(removeApp, { params: { appId: owner.app.id }, query: {} })).toMatchObject({
      rows: {},
    })
  })

  it('of a tenant leaves no row of any table, and a line of the server’s own that says so', async () => {
    const owner = await aside.owner({ model: 'echo' })
    await owner.client.call(updateTenant, { params: { tenantId: owner.tenantId }, body: { name: 'YAKMARK Ltd' } })
    await owner.client.call(addSource, {
      query: { appId: owner.app.id, name: 'YAKMARK.md' },
      content: '# YAKMARK\n\nAll about it.',
      contentType: 'text/markdown',
    })
    await talk(await owner.visitor(), 'YAKMARK?')
    const { params: who } = { params: { tenantId: owner.tenantId } }
    expect(await codeOf(owner.client.call(eraseTenant, { params: who }))).toBe('unauthenticated')
    const erased = await aside.operator.call(eraseTenant, { params: who })
    expect(erased.rows).toMatchObject({ tenants: 1, apps: 1, keys: 1, visitors: 1, messages: 2 })
    expect(await aside.operator.call(eraseTenant, { params: who })).toMatchObject({ rows: {} })
    for (const { meta } of entities)
      if ('tenantId' in meta.properties)
        expect(
          (
            await beside.db.execute(undefined, `select 1 from "${meta.tableName}" where tenant_id = ?`, [
              owner.tenantId,
            ])
          ).rows,
          meta.tableName!,
        ).toEqual([])
    const told = await beside.db.execute(
      undefined,
      "select action from audit_log where tenant_id = '-' and target = ?",
      [owner.tenantId],
    )
    expect(told.rows).toEqual([{ action: 'privacy.erased' }])
    expect(await codeOf(owner.client.call(readTenant, { params: who }))).toBe('unauthenticated')
    // Many erasures are followed by one rewriting of the file.
    await expect.poll(() => traces('YAKMARK', 'WOMBATMARK'), { timeout: 15_000 }).toEqual(none('YAKMARK', 'WOMBATMARK'))
    expect(await codeOf(aside.operator.call(eraseTenant, { params: { tenantId: `ten_${'0'.repeat(26)}` } }))).toBe(
      'not_found',
    )
  }, 30_000)

  it('refuses what is held also after its visitor has signed in, and leaves nothing behind of who they were', async () => {
    const owner = await aside.owner({ model: 'echo' })
    const appId = owner.app.id
    const { secret } = await owner.client.call(createIdentitySecret, { query: {}, body: { appId } })
    const signIn = async (visitor: Visitor, sub: string) => {
      const token = mintToken(secret, appId, { claims: { sub } })
      return (await visitor.client.call(identifySession, { body: { token } })).session.visitorId
    }
    const [byVisitor, byConversation, free] = [await owner.visitor(), await owner.visitor(), await owner.visitor()]
    await talk(byVisitor, 'Keep all of it')
    const { conversationId } = await talk(byConversation, 'Keep this one')
    await talk(free, 'FREEMARK')
    const { visitorId } = byVisitor.session.session
    for (const body of [{ visitorId }, { conversationId }])
      await owner.client.call(createHold, { query: {}, body: { ...body, reason: 'Case 13' } })
    for (const [visitor, sub] of [
      [byVisitor, 'held-1'],
      [byConversation, 'held-2'],
    ] as const) {
      const id = await signIn(visitor, sub)
      expect(await codeOf(owner.client.call(eraseVisitor, { params: { visitorId: id }, query: {} }))).toBe('conflict')
    }
    const id = await signIn(free, 'free-1')
    expect(await codeOf(owner.client.call(eraseVisitor, { params: { visitorId: id }, query: {} }))).toBe('done')
    // The files are rewritten a little later: they were a moment ago.
    const left = await beside.db.execute(undefined, "select seq from stream_events where payload like '%FREEMARK%'", [])
    expect(left.rows).toEqual([])
  }, 30_000)

  it('refuses what is held, until it is released', async () => {
    const owner = await aside.owner({ model: 'echo' })
    const visitor = await owner.visitor()
    const { conversationId } = await talk(visitor, 'Keep this')
    const hold = await owner.client.call(createHold, { query: {}, body: { conversationId, reason: 'Case 12' } })
    expect(hold).toMatchObject({ conversationId, visitorId: visitor.session.session.visitorId })
    const tries = [
      owner.client.call(eraseVisitor, { ...params(visitor), query: {} }),
      owner.client.call(removeApp, { params: { appId: owner.app.id }, query: {} }),
      aside.operator.call(eraseTenant, { params: { tenantId: owner.tenantId } }),
    ]
    expect(await Promise.all(tries.map(codeOf))).toEqual(['conflict', 'conflict', 'conflict'])
    // Nothing was begun.
    expect((await visitor.messages(conversationId)).messages).toHaveLength(2)
    await owner.client.call(releaseHold, { params: { holdId: hold.id }, query: {} })
    expect(await codeOf(owner.client.call(eraseVisitor, { ...params(visitor), query: {} }))).toBe('done')
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.held' } })
    expect(entries.map((it) => it.detail?.['released'] ?? false)).toEqual([true, false])
  })
})
