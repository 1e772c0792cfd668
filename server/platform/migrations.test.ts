import type { MikroORM as PostgresOrm } from '@mikro-orm/postgresql'
import type { MikroORM as SqliteOrm } from '@mikro-orm/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { migrations } from '../migrations/index.ts'
import { databaseOf } from '../testing/beside.ts'
import { createStore, stores, type TestStore } from '../testing/stores.ts'
import { type Db, openDb } from './db.ts'

describe.for(stores)('the migrations of %s', (kind) => {
  let store: TestStore
  const opened: Db[] = []
  beforeEach(async () => {
    store = await createStore(kind)
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((it) => it.close()))
    await store.drop()
  })
  const open = async () => {
    const db = await openDb(databaseOf(store), entities)
    opened.push(db)
    return db
  }
  const names = migrations[kind].map((it) => it.name)

  it('are applied once, in order, and a second time do nothing', async () => {
    const db = await open()
    expect(await db.migrate()).toEqual(names)
    expect(await db.migrate()).toEqual([])
    expect(await (await open()).migrate()).toEqual([])
  })

  it('have the same names on every store', () => {
    expect(migrations.sqlite.map((it) => it.name)).toEqual(migrations.postgres.map((it) => it.name))
    expect([...names].sort()).toEqual(names)
  })

  it('make the schema the entities describe: there is nothing to add, and nothing to change but what is ours besides', async () => {
    const db = await open()
    await db.migrate()
    const { schema } = db.orm as SqliteOrm | PostgresOrm
    const update = await schema.getUpdateSchemaSQL({ safe: false, dropTables: false })
    const statements = update.split(/;\s*/).filter(Boolean)
    // References between domains, and indexes, are written in the migrations only; a unique constraint is its own index.
    const besides = [
      /^drop (trigger|function) if exists [`"]audit_log_/,
      /^set names 'utf8'$/,
      /^alter table "\w+" drop constraint "\w+_(fkey|unique|id_key)"$/,
      /^drop index [`"]\w+_index[`"]$/,
      /^create unique index `(keys_kid|agents_email|sessions_token_hash|config_versions_number|visitors_subject|notices_once)_unique` /,
    ]
    expect(statements.filter((it) => !besides.some((known) => known.test(it)))).toEqual([])
    expect(statements.length).toBeGreaterThan(0)
  })

  it('are left whole or not at all by one that fails', async () => {
    const db = await open()
    await db.execute(undefined, 'create table "turns" ("id" text)', [])
    await expect(db.migrate()).rejects.toThrow()
    const tables =
      kind === 'sqlite'
        ? "select name from sqlite_master where type = 'table' and name in ('tenants', 'messages')"
        : "select table_name as name from information_schema.tables where table_name in ('tenants', 'messages')"
    expect((await db.execute(undefined, tables, [])).rows).toEqual([])
    await db.execute(undefined, 'drop table "turns"', [])
    expect(await db.migrate()).toEqual(names)
  })
})

describe.runIf(stores.includes('postgres'))('two processes that migrate Postgres at once', () => {
  it('leave the work to one of them', async () => {
    const store = await createStore('postgres')
    const dbs = await Promise.all([1, 2, 3].map(() => openDb(databaseOf(store), entities)))
    const applied = await Promise.all(dbs.map((it) => it.migrate()))
    expect(applied.map((it) => it.length).sort()).toEqual([0, 0, migrations.postgres.length])
    await Promise.all(dbs.map((it) => it.close()))
    await store.drop()
  })
})
