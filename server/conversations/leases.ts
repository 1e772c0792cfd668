/** What a process that runs turns owes the store: a living lease. */
import { acrossTenants, type Db, type Edge, type Log } from '../platform/index.ts'
import { Processes, Turns } from './entities.ts'

export interface Leases {
  /** Says that `owner` lives for another `ms`. */
  renew(owner: string, ms: number): Promise<void>
  release(owner: string): Promise<void>
  /** This process is the only one there can be: whoever else has a lease is dead. */
  clear(): Promise<void>
  /** Turns that run under nobody's living lease, each with the owner it had. */
  orphans(): Promise<{ id: string; tenantId: string; owner: string | null }[]>
  /** Turns that wait, oldest first. */
  waiting(limit: number): Promise<{ id: string; tenantId: string; conversationId: string }[]>
  /** The turns that run under `owner`, by their ids. */
  held(owner: string): Promise<Set<string>>
}

export function createLeases({ db, edge, log }: { db: Db; edge: Edge; log: Log }): Leases {
  const em = () => acrossTenants(db, log).em
  return {
    async renew(owner, ms) {
      const leaseUntil = new Date(edge.now() + ms)
      await em().upsert(Processes, { id: owner, leaseUntil })
    },
    async release(owner) {
      await em().nativeDelete(Processes, { id: owner })
    },
    async clear() {
      await em().nativeDelete(Processes, {})
    },
    async orphans() {
      const living = await em().find(Processes, { leaseUntil: { $gt: new Date(edge.now()) } })
      const owners = living.map((it) => it.id)
      const turns = await em().find(Turns, { status: 'running', owner: { $nin: owners } }, { limit: 1_000 })
      return turns.map(({ id, tenantId, owner }) => ({ id, tenantId, owner: owner ?? null }))
    },
    async waiting(limit) {
      return em().find(
        Turns,
        { status: 'queued' },
        { fields: ['id', 'tenantId', 'conversationId'], orderBy: { id: 'asc' }, limit },
      )
    },
    async held(owner) {
      const { rows } = await acrossTenants(db, log).execute(
        "select id from turns where status = 'running' and owner = ?",
        [owner],
      )
      return new Set(rows.map(({ id }) => String(id)))
    },
  }
}
