/** What a process that runs turns owes the store: a living lease, and what it has written so far. */
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
  /**
   * Stores the texts of running answers, all in one transaction. One that has ended, or began anew, is left as it is; returns the
   * ids of the messages that took their text.
   */
  checkpoint(texts: { messageId: string; attempt: number; text: string }[]): Promise<Set<string>>
}

/** Texts to a statement: enough to save statements, few enough that their shapes are prepared once and for all. */
const BATCH = 50
const MARKS = '(cast(? as text), cast(? as integer), cast(? as text))'

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
    async checkpoint(texts) {
      const living = new Set<string>()
      await acrossTenants(db, log).transaction(async (tx) => {
        for (let from = 0; from < texts.length; from += BATCH) {
          const some = texts.slice(from, from + BATCH)
          const { rows } = await tx.execute(
            `update messages set text = v.column3 from (values ${some.map(() => MARKS).join(', ')}) as v
             where messages.id = v.column1 and messages.attempt = v.column2 and messages.status = 'streaming'
             returning messages.id`,
            some.flatMap(({ messageId, attempt, text }) => [messageId, attempt, text]),
          )
          for (const { id } of rows) living.add(String(id))
        }
      })
      return living
    },
  }
}
