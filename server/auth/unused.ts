/** Visitors who never said anything: their sessions and they themselves are gone after a week, so that opening pages fills no store. */
import { acrossTenants, type Db, type Edge, type Log, rowsOf, type Scope } from '../platform/index.ts'
import { Sessions, VisitorMerges, Visitors } from './entities.ts'

const visitorRows = rowsOf(Visitors)
const sessionRows = rowsOf(Sessions)
const mergeRows = rowsOf(VisitorMerges)

const UNUSED_MS = 7 * 86_400_000
const BATCH = 200
/** Rounds after which all of them are looked at again: of those who were left alone some have gone meanwhile. */
const ROUNDS = 24

interface Parts {
  db: Db
  edge: Edge
  log: Log
  /** Those of these visitors who have begun a conversation. */
  talked: (scope: Scope, visitorIds: string[]) => Promise<string[]>
}

export function createUnused({ db, edge, log, talked }: Parts): { purge(): Promise<number> } {
  const everywhere = acrossTenants(db, log)
  let round = 0
  /** Everybody up to here was looked at: ids are in the order of time. */
  let seenTo: string | undefined

  /** Judged and removed in one transaction: whoever begins to talk meanwhile is kept. */
  function remove(tenantId: string, visitorIds: string[], before: Date): Promise<number> {
    return everywhere.of(tenantId).transaction(async (tx) => {
      const here = await sessionRows.find(tx, { visitorId: visitorIds, seenAt: { gte: before } })
      // Who somebody turned out to be stays for as long as they do.
      const merged = await mergeRows.find(tx, { intoId: visitorIds })
      const kept = new Set([
        ...here.map((it) => it.visitorId),
        ...(await talked(tx, visitorIds)),
        ...merged.map((it) => it.intoId),
      ])
      const unused = visitorIds.filter((id) => !kept.has(id))
      if (unused.length === 0) return 0
      await sessionRows.remove(tx, { visitorId: unused })
      await mergeRows.remove(tx, { visitorId: unused })
      return visitorRows.remove(tx, { id: unused })
    })
  }

  return {
    /** Returns how many visitors are gone. */
    async purge() {
      if (round++ % ROUNDS === 0) seenTo = undefined
      const before = new Date(edge.now() - UNUSED_MS)
      let purged = 0
      for (;;) {
        const id = seenTo === undefined ? undefined : { gt: seenTo }
        const old = await visitorRows.find(
          everywhere,
          { id, createdAt: { lt: before } },
          { orderBy: { id: 'asc' }, limit: BATCH },
        )
        for (const [tenantId, rows] of Map.groupBy(old, (it) => it.tenantId))
          purged += await remove(
            tenantId,
            rows.map((it) => it.id),
            before,
          ).catch((error: unknown) => {
            // One tenant's trouble is not another's.
            log.warn('unused-not-purged', { tenantId, reason: String(error) })
            return 0
          })
        seenTo = old.at(-1)?.id ?? seenTo
        if (old.length < BATCH) return purged
      }
    },
  }
}
