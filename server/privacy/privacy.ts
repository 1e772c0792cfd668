import type { EntitySchema } from '@mikro-orm/core'
import { acrossTenants, type Db, type Log } from '../platform/index.ts'
import { type Backups, createBackups } from './backup.ts'
import { createErasure, type Erasure, type ErasureParts } from './erasure.ts'
import { createExports, type Exports } from './export.ts'
import { createHolds, type Holds } from './holds.ts'
import { createTables } from './places.ts'
import { createPurge } from './purge.ts'
import { createRetention, type Retention } from './retention.ts'

export interface Privacy {
  readonly exports: Exports
  readonly erasure: Erasure
  readonly holds: Holds
  readonly retention: Retention
  readonly backups: Backups
  /** Sweeps every so often from now on. */
  start(): void
  /** Resolves when the files hold nothing of what was deleted. */
  stop(): Promise<void>
}

interface Parts extends Omit<ErasureParts, 'tables' | 'purge'> {
  db: Db
  log: Log
  /** Every table there is. */
  entities: EntitySchema[]
  /** Nobody is being answered: whoever writes may wait for a while. */
  isQuiet: () => boolean
  /** Between two sweeps. */
  sweepMs?: number | undefined
}

export function createPrivacy({ db, log, entities, isQuiet, sweepMs = 3_600_000, ...given }: Parts): Privacy {
  const tables = createTables(entities)
  const purge = createPurge({ db, drafts: given.drafts, log, isQuiet })
  const parts = { ...given, tables, purge }
  const erasure = createErasure(parts)
  const retention = createRetention({ ...parts, log, erasure })
  let timer: NodeJS.Timeout | undefined
  let isSweeping = false

  async function sweep(): Promise<void> {
    if (isSweeping) return
    isSweeping = true
    try {
      await retention.apply(acrossTenants(db, log), { dryRun: false })
      await purge.whenQuiet()
    } catch (error) {
      log.error('retention-failed', { stack: error instanceof Error ? error.stack : String(error) })
    } finally {
      isSweeping = false
    }
  }

  return {
    exports: createExports(parts),
    erasure,
    holds: createHolds(parts),
    retention,
    backups: createBackups({ ...parts, db }),
    start: () => void (timer = setInterval(() => void sweep(), sweepMs).unref()),
    async stop() {
      clearInterval(timer)
      await purge.stop()
    },
  }
}
