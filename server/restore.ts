/** Puts a backup in the place of an SQLite store that nobody has open. */
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { entities } from './tables.ts'
import { createAudit } from './audit/index.ts'
import { readAddress } from './address.ts'
import { StoreTaken } from './boot.ts'
import { migrations } from './migrations/index.ts'
import {
  acrossTenants,
  type Config,
  createEdge,
  createLog,
  examineSqlite,
  lockSqlite,
  makeFolder,
  openDb,
} from './platform/index.ts'

/** What a backup is worth: why it cannot be restored, or what there is to know before it is. */
export interface Inspected {
  sizeBytes: number
  /** Erasures that the present store knows of and the backup does not: what they erased would be back. */
  undone: { id: string; at: string; action: string }[]
}

/** A file that cannot be restored, in words. */
export class NoBackup extends Error {
  override readonly name = 'NoBackup'
}

interface Erasure {
  [column: string]: unknown
  id: string
  at: number
  action: string
  target: string
}

const erasures = `select id, at, action, target from audit_log
  where action in ('privacy.erased', 'app.removed') and result = 'done' order by id`

/** Throws `NoBackup` for a file that is no sound store of Aside, or one of a later version. Changes nothing. */
export function inspectBackup(backup: string, current?: string): Inspected {
  if (!existsSync(backup)) throw new NoBackup(`${backup} is not there`)
  const found = examineSqlite(backup, erasures)
  if ('problem' in found) throw new NoBackup(`${backup} cannot be restored: ${found.problem}`)
  const known = new Set<string>(migrations.sqlite.map((it) => it.name))
  const later = found.migrations.filter((it) => !known.has(it))
  if (later.length > 0)
    throw new NoBackup(`${backup} is of a later version of Aside: this one does not know ${later.join(', ')}`)
  const inBackup = new Set((found.rows as Erasure[]).map((it) => it.id))
  const now = current !== undefined && existsSync(current) ? examineSqlite(current, erasures) : undefined
  const rows = now && !('problem' in now) ? (now.rows as Erasure[]) : []
  return {
    sizeBytes: statSync(backup).size,
    undone: rows
      .filter((it) => !inBackup.has(it.id))
      .map(({ target, action, at }) => ({ id: target, action, at: new Date(at).toISOString() })),
  }
}

export interface Restored {
  /** Where the store that was there is now; absent where there was none. */
  before?: string
}

/**
 * The backup itself is left as it is. The stream epoch is another one afterwards, so that no client takes what it knew for what is
 * stored. Throws `StoreTaken`, `NoBackup`.
 */
export async function restoreBackup(config: Config, backup: string): Promise<Restored> {
  if (config.database.kind !== 'sqlite') throw new NoBackup('This store is Postgres: restore it with pg_restore')
  const { file } = config.database
  makeFolder(dirname(file))
  const lock = lockSqlite(file)
  if (!lock) throw new StoreTaken(file, readAddress(config))
  const coming = `${file}.restore-${randomBytes(6).toString('hex')}`
  try {
    inspectBackup(backup)
    copyFileSync(backup, coming)
    await prepare(coming)
    const before = existsSync(file) ? setAside(file) : undefined
    renameSync(coming, file)
    syncFolder(dirname(file))
    return before === undefined ? {} : { before }
  } finally {
    for (const rest of ['', '-wal', '-shm']) rmSync(coming + rest, { force: true })
    lock.release()
  }
}

/** Brings it up to date, and gives it an epoch of its own. When it is closed its log is empty. */
async function prepare(file: string): Promise<void> {
  const db = await openDb({ kind: 'sqlite', file }, entities)
  try {
    await db.migrate()
    const scope = acrossTenants(db, createLog('silent'), { kind: 'operator' })
    await scope.transaction(async (tx) => {
      await tx.execute("update store_facts set value = ? where name = 'epoch'", [
        Math.random().toString(36).slice(2, 10),
      ])
      await createAudit({ edge: createEdge() }).record(tx, { action: 'store.restored' })
    })
  } finally {
    await db.close()
  }
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** With its log, in which a process that died may have left what is not in the file yet. */
function setAside(file: string): string {
  let before = `${file}.before-restore`
  for (let n = 2; existsSync(before); n++) before = `${file}.before-restore-${n}`
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${before}-wal`)
  rmSync(`${file}-shm`, { force: true })
  renameSync(file, before)
  return before
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
