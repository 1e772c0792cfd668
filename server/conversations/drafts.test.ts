import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { acrossTenants, createEdge, createLog, type Db, openDb } from '../platform/index.ts'
import { databaseOf } from '../testing/beside.ts'
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
