/** Builds an SQLite store's file anew, in a thread of its own (docs/decisions/0012). */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** The header's `user_version` of a file that has yet to be built anew. */
export const UNTIDY = 1

interface Asked {
  rewriteSqlite?: string
}

/**
 * Leaves nothing of what was deleted before, neither in the file nor in its log. Readers go on meanwhile; nobody may write, so the
 * caller keeps writers away: they would wait for the lock on the thread that serves everybody. Rejects, and nothing is lost, where
 * it could not be done.
 */
export const rewriteSqlite = (file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { rewriteSqlite: file } satisfies Asked })
    worker.once('error', reject)
    worker.once('message', (reason: string) => reject(new Error(`The file could not be rewritten: ${reason}`)))
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The rewriting ended with ${code}`))))
  })

function rewrite(file: string): void {
  try {
    const database = new Database(file, { fileMustExist: true, timeout: 5_000 })
    try {
      // A connection of its own starts with the defaults.
      database.pragma('synchronous = full')
      database.pragma('secure_delete = on')
      database.exec('vacuum')
      database.pragma('user_version = 0')
      const [result] = database.pragma('wal_checkpoint(truncate)') as { busy: number }[]
      if (result?.busy) {
        // What was deleted may still be in the log.
        database.pragma(`user_version = ${UNTIDY}`)
        throw new Error('somebody reads the log')
      }
    } finally {
      database.close()
    }
  } catch (error) {
    parentPort?.postMessage(error instanceof Error ? error.message : String(error))
  }
}

const asked = isMainThread ? undefined : (workerData as Asked | null)?.rewriteSqlite
if (asked !== undefined) rewrite(asked)
