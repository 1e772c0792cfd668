/** The store's migrations, apart from a server: what is missing, and applying it. */
import { existsSync } from 'node:fs'
import { entities } from './tables.ts'
import { readAddress } from './address.ts'
import { StoreTaken } from './boot.ts'
import { migrations } from './migrations/index.ts'
import { type Config, lockSqlite, openDb } from './platform/index.ts'

/**
 * The names of those that are missing, in order; with `dryRun` they are still missing afterwards. Throws `StoreTaken` where a
 * server has the SQLite file: it applied them when it started.
 */
export async function migrateStore(
  { database, ...config }: Config,
  { dryRun }: { dryRun: boolean },
): Promise<string[]> {
  const { kind } = database
  if (kind === 'sqlite' && dryRun && !existsSync(database.file)) return migrations.sqlite.map((it) => it.name)
  const lock = kind === 'sqlite' ? lockSqlite(database.file) : { release() {} }
  if (!lock) throw new StoreTaken(kind === 'sqlite' ? database.file : '', readAddress({ ...config, database }))
  try {
    const db = await openDb(database, entities)
    try {
      return dryRun ? await db.pending() : await db.migrate()
    } finally {
      await db.close()
    }
  } finally {
    lock.release()
  }
}
