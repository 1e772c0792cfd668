/** The store: opens SQLite or Postgres through MikroORM. It, and what it is made of here, is all that names a driver. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { EntitySchema, MikroORM as AnyOrm } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM as PostgresOrm } from '@mikro-orm/postgresql'
import type { SqlEntityManager } from '@mikro-orm/sql'
import { MikroORM as SqliteOrm } from '@mikro-orm/sqlite'
import { Fault } from '@aside/protocol'
import { CompiledQuery, type Kysely } from 'kysely'
import { migrations } from '../migrations/index.ts'
import type { Config } from './config.ts'
import { createGroupCommit, type Transaction, within } from './group-commit.ts'
import { listenOnPostgres, type PostgresListener } from './postgres-listener.ts'
import { createPostgresWire } from './postgres-wire.ts'
import { openSqlite } from './sqlite.ts'

export type Em = SqlEntityManager

export type { Transaction }

export interface Db {
  readonly kind: 'sqlite' | 'postgres'
  readonly orm: AnyOrm
  /** A fresh entity manager that sees one tenant, or `ALL_TENANTS`. Reading without either throws. */
  em(tenantId?: string, transaction?: Transaction): Em
  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. Resolves once the disk has it;
   * `committed` is called when others can see it, which may be a moment before.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, committed?: () => void): Promise<T>
  /** Runs a prepared statement with `?` placeholders, in the transaction where there is one. */
  execute(
    transaction: Transaction | undefined,
    text: string,
    values: unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; affected: number }>
  /**
   * From now on and until `close`, `hear` is called with what any process on this Postgres notifies `channel` of. What is said
   * while the connection is broken (`onBroken`, once each time) is not heard. Nothing on SQLite.
   */
  listen(channel: string, hear: (text: string) => void, onBroken: (reason: string) => void): void
  migrate(): Promise<string[]>
  /** The migrations that would be applied. Changes nothing. */
  pending(): Promise<string[]>
  /** Where an SQLite store lies. */
  readonly file: string | undefined
  /**
   * Leaves nothing of what was deleted before, neither in the file nor in its log. A large SQLite file is rewritten only where
   * `isQuiet` or when it is closed, for whoever writes waits meanwhile; until then fragments may stay, and it returns false.
   */
  purge(isQuiet?: boolean): Promise<boolean>
  /** A purge is put off: whoever has the file next knows of it. Nothing on Postgres. */
  owePurge(): Promise<void>
  /** True where fragments may have stayed, also by a process that is gone. */
  isUntidy(): boolean
  close(): Promise<void>
}

/** So large a file is rewritten in less than half a second: for so long whoever writes may wait at any time. */
const SMALL_BYTES = 64 * 1024 * 1024

/** Where the ORM writes down what was applied. */
export const MIGRATIONS = 'mikro_orm_migrations'

/** More than any statement may take, and a connection that is idle is let go of before. */
const SILENCE_MS = 12_000

/** Said by `acrossTenants()` only. */
export const ALL_TENANTS = '*'

const transaction = new AsyncLocalStorage<true>()

/** True inside `withinTransaction`: nothing may wait for the network there, since every other query waits for us. */
export const isInTransaction = (): boolean => transaction.getStore() === true
export const withinTransaction = <T>(work: () => Promise<T>): Promise<T> => transaction.run(true, work)

export async function openDb(config: Config['database'], entities: EntitySchema[]): Promise<Db> {
  const shared = {
    entities,
    extensions: [Migrator],
    discovery: { warnWhenNoEntities: false },
    // Work in a request never crosses to another: each has its own fork.
    allowGlobalContext: false,
    forceUtcTimezone: true,
    // What is worth telling is told by us, as JSON.
    logger: () => {},
    filters: {
      tenant: {
        name: 'tenant',
        cond: (args: Record<string, unknown>) =>
          args['tenantId'] === ALL_TENANTS ? {} : { tenantId: args['tenantId'] },
        entity: entities
          .filter((entity) => 'tenantId' in entity.meta.properties)
          .map((entity) => entity.meta.className),
        default: true,
        args: true,
      },
    },
  }
  const sqlite = config.kind === 'sqlite' ? openSqlite(config.file) : undefined
  const list = migrations[config.kind]
  const wire = createPostgresWire(SILENCE_MS)
  const listeners: PostgresListener[] = []
  const orm =
    config.kind === 'sqlite'
      ? await SqliteOrm.init({
          ...shared,
          dbName: config.file,
          driverOptions: sqlite!.dialect,
          migrations: { migrationsList: list, transactional: true, allOrNothing: true, snapshot: false },
        })
      : await PostgresOrm.init({
          ...shared,
          clientUrl: config.url,
          migrations: { migrationsList: list, transactional: true, allOrNothing: true, snapshot: false },
          pool: { min: 0, max: 10 },
          driverOptions: {
            connectionTimeoutMillis: 2_000,
            statement_timeout: 5_000,
            lock_timeout: 2_000,
            idle_in_transaction_session_timeout: 10_000,
            stream: () => wire.open(),
          },
        })
  // Now: connecting lazily, within the first transaction, would wait for that transaction itself.
  await orm.connect()
  const converter = orm.em.getDriver().getPlatform().getExceptionConverter()
  const client = () => (orm.em as Em).getConnection().getClient() as unknown as Kysely<unknown>
  const transact = sqlite
    ? createGroupCommit(client, { write: (statement) => sqlite.write(statement, []), sync: sqlite.sync })
    : async <T>(work: (it: Transaction) => Promise<T>, committed?: () => void) => {
        const result = await within(client(), work)
        committed?.()
        return result
      }
  const tables = entities.flatMap((it) => it.meta.tableName ?? [])
  const db: Db = {
    kind: config.kind,
    orm,
    file: config.kind === 'sqlite' ? config.file : undefined,
    em(tenantId, transaction) {
      const em = orm.em.fork() as Em
      if (tenantId !== undefined) em.setFilterParams('tenant', { tenantId })
      if (transaction) em.setTransactionContext(transaction)
      return em
    },
    // Around the work itself: on SQLite it may be run by whoever was first of a group, in whose context it is not.
    transaction: (work, committed) => transact((it) => withinTransaction(() => work(it)), committed),
    async execute(transaction, text, values) {
      try {
        if (!sqlite) {
          const { rows, numAffectedRows } = await (transaction ?? client()).executeQuery(
            CompiledQuery.raw(numbered(text), values),
          )
          return { rows: rows as Record<string, unknown>[], affected: Number(numAffectedRows ?? 0) }
        }
        if (transaction) return sqlite.write(text, values)
        if (/^\s*select\b/i.test(text)) return sqlite.read(text, values)
        return await transact(async () => sqlite.write(text, values))
      } catch (error) {
        throw error instanceof Error ? converter.convertException(error) : error
      }
    },
    listen(channel, hear, onBroken) {
      if (config.kind === 'postgres') listeners.push(listenOnPostgres({ url: config.url, channel, hear, onBroken }))
    },
    async migrate() {
      // A statement of a migration may take long, and so may waiting for another process that runs them.
      wire.waitAtMost(600_000)
      return migrate(orm, config.kind).finally(() => wire.waitAtMost(SILENCE_MS))
    },
    async pending() {
      const known =
        config.kind === 'sqlite' ? 'select name from sqlite_master' : `select tablename as name from pg_tables`
      const read = async (text: string) =>
        (await db.execute(undefined, text, [])).rows.map((row) => String(row['name']))
      const isThere = (await read(known)).includes(MIGRATIONS)
      const applied = isThere ? await read(`select name from ${MIGRATIONS}`) : []
      return list.map((it) => it.name).filter((name) => !applied.includes(name))
    },
    async purge(isQuiet = false) {
      if (!sqlite) {
        // Of a large store that would take longer than a statement may: what vacuums it by itself comes round.
        const text = `vacuum (skip_locked) ${tables.map((it) => `"${it}"`).join(', ')}`
        return client()
          .executeQuery(CompiledQuery.raw(text))
          .then(
            () => true,
            () => false,
          )
      }
      const rewrite = isQuiet || sqlite.sizeBytes() <= SMALL_BYTES
      // Whoever holds the connection is waited for: it may be in a transaction.
      await client()
        .connection()
        .execute(() => sqlite.purge(rewrite))
      return rewrite
    },
    async owePurge() {
      if (sqlite)
        await client()
          .connection()
          .execute(async () => sqlite.owe())
    },
    isUntidy: () => sqlite?.isUntidy() ?? false,
    async close() {
      if (db.isUntidy()) await db.purge(true)
      await Promise.all(listeners.map((it) => it.close()))
      // The writer last: it empties the log into the file, which the reader may not.
      await sqlite?.close()
      await orm.close(true)
    },
  }
  return db
}

const numberedTexts = new Map<string, string>()

/** `?` as `$1`, `$2` … for Postgres. Texts are few: their values are apart. */
function numbered(text: string): string {
  let known = numberedTexts.get(text)
  if (known === undefined) {
    let n = 0
    known = text.replace(/\?/g, () => `$${++n}`)
    if (numberedTexts.size < 2_000) numberedTexts.set(text, known)
  }
  return known
}

/** Applies what is missing, in one transaction, one process at a time. Returns the names applied. */
async function migrate(orm: AnyOrm, kind: Db['kind']): Promise<string[]> {
  const em = orm.em.fork() as Em
  const migrator = (orm as SqliteOrm | PostgresOrm).migrator
  const up = async () => (await migrator.up()).map((it) => it.name)
  if (kind === 'sqlite') return up()
  // Held by one connection of the pool for as long as the migrations run on another.
  return em.transactional(async (held) => {
    await held.execute("set local lock_timeout = '60s'")
    await held.execute("set local idle_in_transaction_session_timeout = '120s'")
    await held.execute('select pg_advisory_xact_lock(4711002)')
    return up()
  })
}

/** What `pg` says of a connection that broke, in errors that have no code. */
const brokenConnection =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|Client was closed/

/** A store's own refusals as faults; everything else is passed on as it is. */
export function storeFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_FULL' || code === '53100')
    return new Fault('store_full', 'The store is full', { cause: error, retryAfterMs: 5_000 })
  if (
    /^SQLITE_(BUSY|LOCKED|READONLY|CANTOPEN)|^(57P0[123]|08\w{3}|53300|55P03|40001|40P01|57014|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/.test(
      code,
    )
  )
    return new Fault('store_unavailable', 'The store is busy; try again', { cause: error, retryAfterMs: 1_000 })
  if (error instanceof Error && brokenConnection.test(error.message))
    return new Fault('store_unavailable', 'The store is busy; try again', { cause: error, retryAfterMs: 1_000 })
  return error
}
