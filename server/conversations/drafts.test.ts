import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { acrossTenants, createEdge, createLog, type Db, openDb } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, databaseOf, openBeside } from '../testing/beside.ts'
import { createStore, stores, type TestStore } from '../testing/stores.ts'
import { createDrafts, type Drafts } from './drafts.ts'
import { createLeases } from './leases.ts'

describe.for(stores)('drafts on %s', (kind) => {
  let store: TestStore
  let db: Db
  let drafts: Drafts
  const [edge, log] = [createEdge(), createLog('silent')]
  beforeAll(async () => {
    store = await createStore(kind)
    db = await openDb(databaseOf(store), entities)
    await db.migrate()
    drafts = createDrafts({ db, edge, log })
  })
  afterAll(async () => {
    await db?.close()
    await store?.drop()
  })
  const piece = (messageId: string, offset: number, text: string, attempt = 1) => ({ messageId, attempt, offset, text })
  const count = async () => (await acrossTenants(db, log).execute('select number from drafts')).rows.length

  it('put the pieces of each attempt together, each at its place', async () => {
    expect(await drafts.write('one', [piece('a', 0, 'Good '), piece('b', 0, 'Other')], 1)).toBe(1)
    expect(await drafts.write('one', [piece('a', 5, 'morning')], 1)).toBe(2)
    await drafts.write('one', [piece('a', 0, 'Anew', 2)], 1)
    const said = await drafts.of('one')
    expect(said({ id: 'a', attempt: 1 })).toBe('Good morning')
    expect(said({ id: 'a', attempt: 2 })).toBe('Anew')
    expect(said({ id: 'b', attempt: 1 })).toBe('Other')
    expect(said({ id: 'c', attempt: 1 })).toBe('')
    expect((await drafts.of('two'))({ id: 'a', attempt: 1 })).toBe('')
    expect((await drafts.of(null))({ id: 'a', attempt: 1 })).toBe('')
  })

  it('say nothing twice that was written twice', async () => {
    await drafts.write('twice', [piece('a', 0, 'One two ')], 1)
    await drafts.write('twice', [piece('a', 8, 'three')], 1)
    await drafts.write('twice', [piece('a', 8, 'three four')], 1)
    expect((await drafts.of('twice'))({ id: 'a', attempt: 1 })).toBe('One two three four')
  })

  it('say nothing of what comes after a piece that is not there', async () => {
    await drafts.write('gap', [piece('a', 0, 'One ')], 1)
    await drafts.write('gap', [piece('a', 8, 'three')], 1)
    await drafts.write('gap', [piece('a', 13, ' four')], 1)
    expect((await drafts.of('gap'))({ id: 'a', attempt: 1 })).toBe('One ')
    await drafts.forget('gap')
    expect((await drafts.of('gap'))({ id: 'a', attempt: 1 })).toBe('')
  })

  it('forget what nobody needs, and what the dead left, but nothing of the living', async () => {
    const leases = createLeases({ db, edge, log })
    await leases.renew('living', 60_000)
    await leases.renew('asleep', -1)
    for (const owner of ['living', 'asleep', 'gone']) await drafts.write(owner, [piece('a', 0, 'text')], 1)
    await drafts.write('living', [piece('b', 0, 'and more')], 2)
    expect((await drafts.of('living'))({ id: 'b', attempt: 1 })).toBe('and more')
    await drafts.forgetDead()
    expect(await count()).toBe(1)
    expect((await drafts.of('living'))({ id: 'b', attempt: 1 })).toBe('and more')
  })
})

/** A server that only takes questions; beside it the parts that answer them, in the name of a process of the test's choice. */
describe.for(stores)('drafts of turns that are running, on %s', (kind) => {
  const [edge, log] = [createEdge(), createLog('silent')]
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let drafts: Drafts
  beforeAll(async () => {
    aside = await startAside({ store: kind, boot: { limits: { engine: { maxTurns: 0 } } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
    drafts = createDrafts({ db: beside.db, edge, log })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
  })

  async function running(process: string) {
    const visitor = await owner.visitor()
    const conversationId = await visitor.conversation()
    const { turn } = await visitor.post(conversationId, 'A question')
    const scope = beside.scope(owner.tenantId)
    const how = { owner: process, model: 'local', config: 1, reckoning: null, passages: [] }
    const begun = (await beside.turns.begin(scope, { id: turn!.id, conversationId }, how))!
    await begun.stored
    const { id: messageId, attempt } = begun.message
    return {
      piece: (offset: number, text: string) => ({ messageId, attempt: attempt!, offset, text }),
      stop: () => beside.turns.stop(scope, conversationId, turn!.id),
      recover: async () => beside.turns.recover(scope, turn!.id, process, await drafts.of(process)),
      answer: async () => (await visitor.messages(conversationId)).messages[1],
    }
  }

  it('stay, though their process is dead, until the turn they belong to has been seen to', async () => {
    const { piece, recover, answer } = await running('crashed')
    await drafts.write('crashed', [piece(0, 'The last words')], 1)
    await drafts.forgetDead()
    expect(await recover()).toBe('interrupted')
    expect(await answer()).toMatchObject({ status: 'interrupted', text: 'The last words' })
    await drafts.forgetDead()
    const { rows } = await beside.db.execute(undefined, 'select number from drafts where owner = ?', ['crashed'])
    expect(rows).toEqual([])
  })

  it('are read by whoever stops one, in the transaction that ends it: with all that was written before, and on no other connection', async () => {
    // More than Postgres has connections for: each that asked for a second would wait for one that another has.
    const turns = await Promise.all(Array.from({ length: 14 }, () => running('elsewhere')))
    const pieces = (offset: number, text: string) => turns.map((it) => it.piece(offset, text))
    await drafts.write('elsewhere', pieces(0, 'One '), 1)
    const written = drafts.write('elsewhere', pieces(4, 'two'), 1)
    // On SQLite it is stored together with what follows: it was asked for first.
    if (kind === 'postgres') await written
    const stopped = await Promise.all(turns.map((it) => it.stop()))
    expect(stopped.map((it) => it.status)).toEqual(turns.map(() => 'stopped'))
    for (const { answer } of turns) expect(await answer()).toMatchObject({ status: 'stopped', text: 'One two' })
    await written
  })
})
