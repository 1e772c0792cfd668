/** SQLite as we run it: WAL, every commit synced, write locks taken at `begin`, and one server process to a file. */
import fs, { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { CompiledQuery, SqliteDialect } from 'kysely'
import { makeFolder } from './folder.ts'
import { rewriteSqlite, UNTIDY } from './sqlite-rewrite.ts'

/** In the file's header, so that another program's database is refused instead of overwritten. "Asid". */
const APPLICATION_ID = 0x41736964

/**
 * A transaction that begins deferred and then writes fails with SQLITE_BUSY_SNAPSHOT when another process wrote in between,
 * at once and whatever `busy_timeout` says (https://sqlite.org/isolation.html). Beginning immediate waits instead.
 */
class ImmediateSqlite extends SqliteDialect {
  override createDriver() {
    const driver = super.createDriver()
    driver.beginTransaction = async (connection, settings) => {
      await connection.executeQuery(
        CompiledQuery.raw(settings.accessMode === 'read only' ? 'begin' : 'begin immediate'),
      )
    }
    return driver
  }
}

/** Prepares each text once. Those with their values written into them never come again, and are not kept. */
function remembering(database: Database.Database): (text: string) => Database.Statement {
  const known = new Map<string, Database.Statement>()
  return (text) => {
    const found = known.get(text)
    if (found) return found
    const statement = database.prepare(text)
    if ((text.includes('?') || text.length < 20) && known.size < 1_000) known.set(text, statement)
    return statement
  }
}

/** Every later connection on a WAL file starts at `synchronous=NORMAL`, so each setting is made, and read back. */
const pragmas: [string, string | number][] = [
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['foreign_keys', 1],
  ['secure_delete', 1],
  ['trusted_schema', 0],
  // 32 MiB of pages; and the log is emptied into the file every 16 MiB, not every 4: each time is a pause.
  ['cache_size', -32_768],
  ['wal_autocheckpoint', 4_096],
]

export interface SqliteStore {
  dialect: SqliteDialect
  /** Runs a statement on the writing connection: within the transaction that holds it. */
  write(text: string, values: unknown[]): Executed
  /** Runs a query that sees what is committed and waits for nobody. */
  read(text: string, values: unknown[]): Executed
  /** Resolves when all that was committed before is on the disk; the work is another thread's. */
  sync(): Promise<void>
  /**
   * Empties the log into the file; `rewrite` also builds the file anew, in another thread. The caller keeps whoever would write
   * away until it resolves.
   */
  purge(rewrite: boolean): Promise<void>
  /** Keeps that it has yet to be built anew, in the file's header, so that it outlives the process. Not within a transaction. */
  owe(): void
  /** Whether that was kept, also by a process that is gone. */
  isUntidy(): boolean
  sizeBytes(): number
  /** Once nothing is being synced any more. */
  close(): Promise<void>
}

export interface Executed {
  rows: Record<string, unknown>[]
  affected: number
}

/** Throws where the file is not ours, not a database, or cannot be written. Makes its folder. */
export function openSqlite(file: string): SqliteStore {
  makeFolder(dirname(file))
  let writer: Database.Database
  let reader: Database.Database
  try {
    writer = open(file)
    reader = open(file)
    reader.pragma('query_only = 1')
  } catch (cause) {
    throw new Error(`The database ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
  const prepareWrite = remembering(writer)
  const prepareRead = remembering(reader)
  const log = syncing(`${file}-wal`)
  const owe = () => void writer.pragma(`user_version = ${UNTIDY}`)
  return {
    dialect: new ImmediateSqlite({ database: { prepare: prepareWrite, close: () => void writer.close() } }),
    write: (text, values) => run(prepareWrite(text), values),
    // The writer's pages are warm; the other connection reads afresh after every commit. It serves while a transaction is open.
    read: (text, values) => run((writer.inTransaction ? prepareRead : prepareWrite)(text), values),
    sync: log.sync,
    async purge(rewrite) {
      owe()
      if (rewrite) return rewriteSqlite(file)
      const [result] = writer.pragma('wal_checkpoint(truncate)') as { busy: number }[]
      if (result?.busy) throw new Error('The log could not be emptied: somebody reads')
    },
    owe,
    isUntidy: () => writer.pragma('user_version', { simple: true }) === UNTIDY,
    sizeBytes: () => {
      const size = (name: string) => Number(writer.pragma(name, { simple: true }))
      return size('page_count') * size('page_size')
    },
    async close() {
      await log.close()
      reader.close()
    },
  }
}

/**
 * Looks before anything can be written: closing a connection that may write would empty a log into the file, and one that
 * another database left beside it would overwrite it.
 */
function mustBeOurs(file: string): void {
  const database = new Database(file, { readonly: true, timeout: 2_000 })
  try {
    const theirs = database.pragma('application_id', { simple: true })
    const { n } = database.prepare('select count(*) as n from sqlite_master').get() as { n: number }
    if (theirs !== APPLICATION_ID && (theirs !== 0 || n > 0)) throw new Error('it belongs to another program')
  } finally {
    database.close()
  }
}

const fdatasync = promisify(fs.fdatasync)

/**
 * Syncs the write-ahead log. A descriptor of our own will do: a sync is of the file, and SQLite keeps its locks elsewhere.
 * Two who ask while one sync runs share the one after it.
 */
function syncing(file: string): { sync(): Promise<void>; close(): Promise<void> } {
  let descriptor: number | undefined
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const begin = () => {
    next = undefined
    descriptor ??= fs.openSync(file, 'r+')
    return (running = fdatasync(descriptor))
  }
  return {
    sync: () => (next ??= running.then(begin, begin)),
    async close() {
      await (next ?? running).catch(() => {})
      if (descriptor !== undefined) fs.closeSync(descriptor)
      descriptor = undefined
    },
  }
}

function open(file: string): Database.Database {
  if (existsSync(file)) mustBeOurs(file)
  const database = new Database(file, { timeout: 2_000 })
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    database.pragma(`application_id = ${APPLICATION_ID}`)
  for (const [name, value] of pragmas) {
    database.pragma(`${name} = ${value}`)
    const found = database.pragma(name, { simple: true })
    if (found !== value) throw new Error(`${name} is ${String(found)}, not ${value}`)
  }
  return database
}

function run(statement: Database.Statement, values: unknown[]): Executed {
  if (statement.reader) return { rows: statement.all(values) as Record<string, unknown>[], affected: 0 }
  return { rows: [], affected: statement.run(values).changes }
}

/**
 * Holds `<file>.lock` until released or until the process dies, however it dies: the lock is a transaction of a database
 * beside the file, so the operating system lets go of it. Returns `undefined` where another process holds it.
 */
export function lockSqlite(file: string): { release(): void } | undefined {
  if (file === ':memory:') return { release() {} }
  makeFolder(dirname(file))
  const lock = new Database(`${file}.lock`, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return {
    release() {
      if (lock.inTransaction) lock.exec('rollback')
      lock.close()
    },
  }
}
