import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { Conversations } from '../conversations/index.ts'
import { Visitors } from '../auth/index.ts'
import { Apps, Tenants } from '../tenancy/index.ts'
import { databaseOf } from '../testing/beside.ts'
import { createStore, stores, type TestStore } from '../testing/stores.ts'
import { type Db, openDb } from './db.ts'
import { createEdge } from './edge.ts'
import { newId } from './ids.ts'
import { createLog } from './log.ts'
import { acrossTenants, type Scope } from './scope.ts'

describe.for(stores)('a scope on %s', (kind) => {
  let store: TestStore
  let db: Db
  let everywhere: Scope
  let [mine, theirs]: Scope[] = []
  const now = new Date()
  beforeAll(async () => {
    store = await createStore(kind)
    db = await openDb(databaseOf(store), entities)
    await db.migrate()
    everywhere = acrossTenants(db, createLog('silent'))
    const made = await Promise.all(
      ['Mine', 'Theirs'].map(async (name) => {
        const tenant = { id: newId('tenant'), name, createdAt: now }
        await everywhere.em.insert(Tenants, tenant)
        return everywhere.of(tenant.id)
      }),
    )
    ;[mine, theirs] = made
  })
  afterAll(async () => {
    await db?.close()
    await store?.drop()
  })

  const app = (name: string) => ({ id: newId('app'), name, version: 1, createdAt: now })
  const names = async (scope: Scope) => (await scope.em.find(Apps, {})).map((it) => it.name).sort()

  it('sees its own tenant’s rows, changes only those, and cannot say otherwise', async () => {
    const [a, b] = [app('a'), app('b')]
    await mine!.create(Apps, a)
    await theirs!.create(Apps, b)
    expect([await names(mine!), await names(theirs!)]).toEqual([['a'], ['b']])
    expect(await mine!.em.findOne(Apps, { id: b.id })).toBeNull()
    expect(await mine!.em.count(Apps, { id: b.id })).toBe(0)
    expect(await mine!.em.find(Apps, { tenantId: theirs!.tenantId })).toEqual([])
    expect(await mine!.em.nativeUpdate(Apps, { id: b.id }, { name: 'taken' })).toBe(0)
    expect(await mine!.em.nativeDelete(Apps, { id: b.id })).toBe(0)
    expect(await names(theirs!)).toEqual(['b'])
    expect((await mine!.sql<{ id: string }>('select id from apps where tenant_id = ?')).map((it) => it.id)).toEqual([
      a.id,
    ])
  })

  it('that is across tenants sees all, and writes for none unless it is named', async () => {
    expect(await names(everywhere)).toEqual(expect.arrayContaining(['a', 'b']))
    await expect(everywhere.create(Apps, app('nobody’s'))).rejects.toThrow(/belongs to one tenant/)
    await expect(everywhere.sql('select id from apps where tenant_id = ?')).rejects.toThrow(/belongs to one tenant/)
    expect(await names(everywhere.of(mine!.tenantId))).toEqual(['a'])
  })

  it('is needed: an entity manager without one throws instead of seeing everything', async () => {
    const bare = db.em()
    await expect(bare.find(Apps, {})).rejects.toThrow()
    await expect(bare.count(Conversations, {})).rejects.toThrow()
    await expect(bare.nativeDelete(Apps, {})).rejects.toThrow()
    await expect(db.em('').find(Apps, {})).resolves.toEqual([])
    await expect(db.em('%').find(Apps, {})).resolves.toEqual([])
    expect((await names(everywhere)).length).toBeGreaterThanOrEqual(2)
  })

  it('cannot refer to another tenant’s rows: the store itself refuses the pair', async () => {
    const foreign = app('foreign')
    await theirs!.create(Apps, foreign)
    const visitor = { id: newId('visitor'), appId: foreign.id, createdAt: now }
    await expect(mine!.create(Visitors, visitor)).rejects.toThrow(/foreign key/i)
    await theirs!.create(Visitors, visitor)
  })

  it('takes back all of a transaction that fails, and runs afterwards only what was committed', async () => {
    const told: string[] = []
    const failing = mine!.transaction(async (tx) => {
      await tx.create(Apps, app('never'))
      tx.afterCommit(() => told.push('never'))
      await tx.transaction(async (inner) => inner.create(Apps, app('nor this')))
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await mine!.transaction(async (tx) => {
      await tx.create(Apps, app('kept'))
      tx.afterCommit(() => told.push('kept'))
      expect(told).toEqual([])
    })
    mine!.afterCommit(() => told.push('at once'))
    expect(told).toEqual(['kept', 'at once'])
    expect(await names(mine!)).toEqual(['a', 'kept'])
  })

  it('does what must stay after the transaction, outside of it and however it ended', async () => {
    const late = (tx: Scope, name: string) =>
      tx.afterEnd(async (outside) => {
        expect(outside.tenantId).toBe(mine!.tenantId)
        await outside.transaction((inner) => inner.create(Apps, app(name)))
      })
    const failing = mine!.transaction(async (tx) => {
      await tx.create(Apps, app('taken back'))
      await tx.transaction((inner) => late(inner, 'late 1'))
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await mine!.transaction((tx) => late(tx, 'late 2'))
    await late(mine!, 'late 3')
    const broken = mine!.transaction(async (tx) => {
      await tx.afterEnd(() => Promise.reject(new Error('too late')))
      return 'settled'
    })
    expect(await broken).toBe('settled')
    const kept = await names(mine!)
    expect(kept.filter((it) => it.startsWith('late'))).toEqual(['late 1', 'late 2', 'late 3'])
    expect(kept).not.toContain('taken back')
  })

  it('runs transactions at once without one seeing another’s half, whether they fail or not', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) =>
        mine!.transaction(async (tx) => {
          await tx.create(Apps, [app(`pair ${i}`), app(`pair ${i}`)])
          await sleep(i % 3)
          if (i % 3 === 0) throw new Error('no')
          return i
        }),
      ),
    )
    expect(results.filter((it) => it.status === 'rejected')).toHaveLength(10)
    const kept = (await names(mine!)).filter((it) => it.startsWith('pair'))
    expect(kept).toHaveLength(40)
    expect(new Set(kept).size).toBe(20)
  })

  it('never waits for the network inside a transaction', async () => {
    const asked: string[] = []
    const edge = createEdge({
      fetch: async (input) => {
        asked.push(String(input))
        return new Response('ok')
      },
    })
    const inside = () => mine!.transaction(async () => edge.fetch('http://127.0.0.1/inside'))
    for (const it of await Promise.allSettled([inside(), inside(), inside()]))
      expect(it).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringMatching(/inside a transaction/) },
      })
    await mine!.transaction(async (tx) => {
      await tx.em.count(Apps, {})
      await expect(edge.fetch('http://127.0.0.1/later')).rejects.toThrow(/inside a transaction/)
      tx.afterCommit(() => void edge.fetch('http://127.0.0.1/after').catch((error: Error) => asked.push(error.message)))
    })
    expect((await edge.fetch('http://127.0.0.1/outside')).status).toBe(200)
    expect(asked).toEqual(['http://127.0.0.1/after', 'http://127.0.0.1/outside'])
  })
})
