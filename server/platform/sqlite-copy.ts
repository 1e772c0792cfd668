/** A checked copy of an SQLite store that is in use. Runs as a thread of its own: whoever is being answered does not notice. */
import { chmodSync, closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** "Asid", as `sqlite.ts` writes it. */
const APPLICATION_ID = 0x41736964

/**
 * Copies all that is committed when it begins into a file that must not be there. Rejects, and leaves none, where the copy is not
 * sound. It holds no lock that anybody would wait for, and nothing that was deleted is in it.
 */
export const copySqlite = (file: string, into: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { copySqlite: { file, into } } })
    worker.once('error', reject)
    // An error loses what is not its message on its way between threads.
    worker.once('message', ({ code, message }: { code: string; message: string }) =>
      reject(Object.assign(new Error(message), { code })),
    )
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The copy ended with ${code}`))))
  })

export interface Examined {
  migrations: string[]
  /** What the query gave. */
  rows: Record<string, unknown>[]
}

/** What there is in a file that may be a store of ours, or what is wrong with it, in words. Changes nothing. */
export function examineSqlite(file: string, query?: string): { problem: string } | Examined {
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 2_000 })
    if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      return { problem: 'it is not a store of Aside' }
    const found = database.pragma('integrity_check(5)') as { integrity_check: string }[]
    if (found[0]?.integrity_check !== 'ok')
      return { problem: `it is damaged: ${found.map((it) => it.integrity_check).join('; ')}` }
    const broken = (database.pragma('foreign_key_check') as object[]).length
    if (broken > 0) return { problem: `it is damaged: ${broken} rows refer to what is not there` }
    const read = (text: string) => database!.prepare(text).all() as Record<string, unknown>[]
    const migrations = read('select name from mikro_orm_migrations order by id').map((it) => String(it['name']))
    return { migrations, rows: query === undefined ? [] : read(query) }
  } catch (error) {
    return { problem: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  } finally {
    database?.close()
  }
}

function copy({ file, into }: { file: string; into: string }): void {
  try {
    const source = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
    try {
      // Readable by its owner only before there is anything in it.
      closeSync(openSync(into, 'wx', 0o600))
      source.prepare('vacuum into ?').run(into)
    } finally {
      source.close()
    }
    chmodSync(into, 0o600)
    const found = examineSqlite(into)
    if ('problem' in found) throw new Error(`The copy cannot be used: ${found.problem}`)
    const descriptor = openSync(into, 'r+')
    fsyncSync(descriptor)
    closeSync(descriptor)
  } catch (error) {
    rmSync(into, { force: true })
    const { code = '', message } = error as { code?: string; message: string }
    parentPort?.postMessage({ code: code === 'ENOSPC' ? 'SQLITE_FULL' : code, message })
  }
}

const asked = isMainThread
  ? undefined
  : (workerData as { copySqlite?: { file: string; into: string } } | null)?.copySqlite
if (asked) copy(asked)
