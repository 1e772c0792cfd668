import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { Sessions, Visitors } from '../auth/index.ts'
import { Apps, ConfigVersions, Tenants } from '../tenancy/index.ts'
import { databaseOf } from '../testing/beside.ts'
import { createStore, stores, type TestStore } from '../testing/stores.ts'
import { type Db, openDb } from './db.ts'
import { newId } from './ids.ts'
import { createLog } from './log.ts'
import { rowsOf } from './rows.ts'
import { acrossTenants, type Scope } from './scope.ts'

const apps = rowsOf(Apps)
const sessions = rowsOf(Sessions)
const visitors = rowsOf(Visitors)
const configs = rowsOf(ConfigVersions)

describe.for(stores)('rows through prepared statements, on %s', (kind) => {
  let store: TestStore
  let db: Db
  let everywhere: Scope
  let mine: Scope
  let theirs: Scope
  beforeAll(async () => {
    store = await createStore(kind)
    db = await openDb(databaseOf(store), entities)
    await db.migrate()
    everywhere = acrossTenants(db, createLog('silent'))
    const tenant = async (name: string) => {
      const row = { id: newId('tenant'), name, budget: null, createdAt: new Date() }
      await everywhere.em.insert(Tenants, row)
      return everywhere.of(row.id)
    }
    ;[mine, theirs] = [await tenant('Mine'), await tenant('Theirs')]
  })
  afterAll(async () => {
    await db?.close()
    await store?.drop()
  })

  /** To the millisecond, with a time that is no whole second. */
  const app = (name: string, createdAt = new Date('2026-02-03T04:05:06.789Z')) => ({
    id: newId('app'),
    name,
    version: 1,
    identityMode: 'off' as const,
    widget: null,
    createdAt,
  })
  const names = async (scope: Scope) => (await apps.find(scope, {}, { orderBy: { name: 'asc' } })).map((it) => it.name)

  it('say what the ORM says of them, whichever of the two wrote', async () => {
    const [here, there] = [app('rows'), app('orm')]
    await apps.insert(mine, here)
    await mine.create(Apps, there)
    for (const it of [here, there]) {
      const whole = { ...it, tenantId: mine.tenantId }
      expect(await apps.get(mine, { id: it.id })).toEqual(whole)
      const { ...ormRow } = await mine.em.findOneOrFail(Apps, { id: it.id }, { disableIdentityMap: true })
      expect({ ...ormRow }).toMatchObject(whole)
    }
    const config = {
      id: newId('config'),
      appId: here.id,
      number: 1,
      // JSON that is easily spoilt.
      config: { systemPrompt: 'a "b" \\ \n \u2028 é 🦦 ? $1 :x', temperature: 0.5, suggestedQuestions: ['x?'] },
      note: null,
      createdBy: 'operator',
      createdAt: here.createdAt,
    }
    await configs.insert(mine, config)
    expect(await configs.get(mine, { id: config.id })).toEqual({ ...config, tenantId: mine.tenantId })
    expect((await mine.em.findOneOrFail(ConfigVersions, { id: config.id })).config).toEqual(config.config)
    const visitor = {
      id: newId('visitor'),
      appId: here.id,
      subject: null,
      email: null,
      name: null,
      details: null,
      createdAt: here.createdAt,
    }
    await visitors.insert(mine, visitor)
    const session = {
      id: newId('session'),
      appId: here.id,
      visitorId: visitor.id,
      tokenHash: 'h',
      via: 'page' as const,
      keyId: null,
      secretId: null,
      env: 'live' as const,
      createdAt: here.createdAt,
      seenAt: here.createdAt,
      expiresAt: new Date('2030-01-01T00:00:00.001Z'),
      endedAt: null,
    }
    await sessions.insert(mine, session)
    expect(await sessions.one(mine, { endedAt: null })).toEqual({ ...session, tenantId: mine.tenantId })
    await sessions.update(mine, { id: session.id }, { endedAt: session.expiresAt })
    expect((await mine.em.findOneOrFail(Sessions, { id: session.id })).endedAt).toEqual(session.expiresAt)
    expect(await sessions.one(mine, { endedAt: null })).toBeUndefined()
  })

  it('are one tenant’s, whatever is asked for', async () => {
    const foreign = app('foreign')
    await apps.insert(theirs, foreign)
    expect(await names(theirs)).toEqual(['foreign'])
    expect(await names(mine)).toEqual(['orm', 'rows'])
    expect(await apps.find(mine, { id: foreign.id })).toEqual([])
    expect(await apps.find(mine, { tenantId: theirs.tenantId })).toEqual([])
    expect(await apps.find(mine, { id: [foreign.id] })).toEqual([])
    expect(await apps.update(mine, { id: foreign.id }, { name: 'taken' })).toBe(0)
    expect(await apps.remove(mine, { id: foreign.id })).toBe(0)
    await expect(apps.get(mine, { id: foreign.id })).rejects.toThrow(/missing/)
    expect(await names(theirs)).toEqual(['foreign'])
    expect(await names(everywhere)).toEqual(['foreign', 'orm', 'rows'])
    const nobody = everywhere.of('')
    expect(await names(nobody)).toEqual([])
    await expect(apps.insert(everywhere, app('nobody’s'))).rejects.toThrow(/belongs to one tenant/)
    const claimed = { ...app('claimed'), tenantId: theirs.tenantId }
    await apps.insert(mine, claimed)
    expect(await names(theirs)).toEqual(['foreign'])
    await apps.remove(mine, { id: claimed.id })
  })

  it('are changed and removed by name only: what names nothing changes nothing', async () => {
    const before = await names(everywhere)
    await expect(apps.update(mine, {}, { name: 'all' })).rejects.toThrow(/names no row/)
    await expect(apps.update(mine, { id: undefined }, { name: 'all' })).rejects.toThrow(/names no row/)
    await expect(apps.remove(mine, {})).rejects.toThrow(/names no row/)
    await expect(apps.remove(mine, { id: undefined })).rejects.toThrow(/names no row/)
    expect(await apps.remove(mine, { id: [] })).toBe(0)
    expect(await names(everywhere)).toEqual(before)
  })

  it('are compared, ordered and limited as asked', async () => {
    const dates = [1, 2, 3, 4, 5].map((n) => new Date(Date.UTC(2027, 0, n)))
    const scope = theirs
    await apps.insert(
      scope,
      dates.map((date, i) => app(`dated ${i}`, date)),
    )
    const found = async (where: Parameters<typeof apps.find>[1], limit?: number) =>
      (await apps.find(scope, where, { orderBy: { createdAt: 'desc' }, ...(limit ? { limit } : {}) })).map((it) =>
        Number(it.name.slice(-1)),
      )
    expect(await found({ createdAt: { gt: dates[1] } })).toEqual([4, 3, 2])
    expect(await found({ createdAt: { gt: dates[0], lte: dates[2] } })).toEqual([2, 1])
    expect(await found({ createdAt: dates[3] })).toEqual([3])
    expect(await found({ createdAt: { gt: dates[0] }, name: { not: 'dated 4' } }, 2)).toEqual([3, 2])
    expect(await found({ name: ['dated 1', 'dated 3', "x' or 1=1 --"] })).toEqual([3, 1])
    expect(await found({ name: 'dated 2', createdAt: { lt: dates[1] } })).toEqual([])
    await expect(apps.find(scope, { nonsense: 1 } as never)).rejects.toThrow(/has no nonsense/)
  })

  it('are seen by a transaction as it left them, and by others once it is over', async () => {
    const row = app('in a transaction')
    const failed = mine.transaction(async (tx) => {
      await apps.insert(tx, row)
      await apps.update(tx, { id: row.id }, { name: 'renamed' })
      expect((await apps.get(tx, { id: row.id })).name).toBe('renamed')
      expect((await tx.em.findOneOrFail(Apps, { id: row.id })).name).toBe('renamed')
      expect(await apps.one(mine, { id: row.id })).toBeUndefined()
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await apps.one(mine, { id: row.id })).toBeUndefined()
  })
})
