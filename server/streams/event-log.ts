/** The durable side of a stream: rows with a `seq` that has no gaps, written in the transaction of what they tell. */
import * as v from 'valibot'
import { Cursor, type DurableEvent, type StreamEvent } from '@aside/protocol'
import { acrossTenants, type Db, type Edge, type Log, rowsOf, type Scope } from '../platform/index.ts'
import { StoreFacts, StreamEvents, StreamHeads } from './entities.ts'

const heads = rowsOf(StreamHeads)
const logged = rowsOf(StreamEvents)

export interface LoggedEvent {
  seq: number
  event: StreamEvent
}

export interface EventLog {
  /** The store's epoch: random when the store was made, raised when it is restored from a backup. */
  readonly epoch: string
  /** The place after `seq`, as clients name it. */
  cursorAt(seq: number): string
  /** Appends within the caller's transaction; returns the events with their `seq`. */
  append(scope: Scope, visitorId: string, events: DurableEvent[]): Promise<LoggedEvent[]>
  head(scope: Scope, visitorId: string): Promise<number>
  /** How far the logs of these visitors go, whosever they are. One without events is left out. Postgres only. */
  heads(visitorIds: string[]): Promise<Map<string, number>>
  /** At most `limit` events after `seq`, in order. */
  after(scope: Scope, visitorId: string, seq: number, limit: number): Promise<LoggedEvent[]>
  /** Deletes what is older than `ms`. Returns how many. */
  forget(ms: number): Promise<number>
}

export async function openEventLog({ db, edge, log }: { db: Db; edge: Edge; log: Log }): Promise<EventLog> {
  const { em } = acrossTenants(db, log)
  await em.execute("insert into store_facts (name, value) values ('epoch', ?) on conflict (name) do nothing", [
    Math.random().toString(36).slice(2, 10),
  ])
  const { value: epoch } = await em.findOneOrFail(StoreFacts, { name: 'epoch' })

  return {
    epoch,
    cursorAt: (seq) => `${epoch}-${seq}`,
    async append(scope, visitorId, events) {
      const rows = await scope.sql<{ seq: number }>(
        `insert into stream_heads (tenant_id, visitor_id, seq) values (?, ?, ?)
         on conflict (visitor_id) do update set seq = stream_heads.seq + excluded.seq returning seq`,
        [visitorId, events.length],
      )
      const first = Number(rows[0]!.seq) - events.length + 1
      const createdAt = new Date(edge.now())
      await logged.insert(
        scope,
        events.map(({ name, payload }, i) => ({
          visitorId,
          seq: first + i,
          name,
          payload: JSON.stringify(payload),
          createdAt,
        })),
      )
      return events.map((event, i) => ({ seq: first + i, event }))
    },
    async head(scope, visitorId) {
      return (await heads.one(scope, { visitorId }))?.seq ?? 0
    },
    async heads(visitorIds) {
      const { rows } = await acrossTenants(db, log).execute(
        'select visitor_id, seq from stream_heads where visitor_id = any(?)',
        [visitorIds],
      )
      return new Map(rows.map((row) => [String(row['visitor_id']), Number(row['seq'])]))
    },
    async after(scope, visitorId, seq, limit) {
      const rows = await logged.find(scope, { visitorId, seq: { gt: seq } }, { orderBy: { seq: 'asc' }, limit })
      return rows.map((row) => ({
        seq: row.seq,
        event: { name: row.name, payload: JSON.parse(row.payload) } as StreamEvent,
      }))
    },
    forget: (ms) =>
      acrossTenants(db, log).em.nativeDelete(StreamEvents, { createdAt: { $lt: new Date(edge.now() - ms) } }),
  }
}

/** Those of these visitors who were ever told anything that lasts, as everybody is who has begun a conversation. */
export async function everTold(scope: Scope, visitorIds: string[]): Promise<string[]> {
  return (await heads.find(scope, { visitorId: visitorIds })).map((it) => it.visitorId)
}

/** Where a reader goes on. What is not a cursor of ours counts as none; one outside the log as a reset to now. */
export function startAt(given: string, epoch: string, head: number): { seq: number; reset?: 'unknown' | 'epoch' } {
  if (!v.is(Cursor, given)) return { seq: head }
  const [theirs, seq] = [given.slice(0, given.lastIndexOf('-')), Number(given.slice(given.lastIndexOf('-') + 1))]
  if (theirs !== epoch) return { seq: head, reset: 'epoch' }
  return seq > head ? { seq: head, reset: 'unknown' } : { seq }
}
