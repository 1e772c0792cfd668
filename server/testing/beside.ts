/** Another process on the same store, as far as rows go: what a test looks at, or does, behind the server's back. */
import { entities } from '../app.ts'
import { type Audit, createAudit } from '../audit/index.ts'
import { createDrafts, createTurnLife, type TurnLife, Turns } from '../conversations/index.ts'
import { createLedger } from '../limits/index.ts'
import { acrossTenants, createEdge, createFacts, createLog, type Db, openDb, type Scope } from '../platform/index.ts'
import { createStreams, type Streams } from '../streams/index.ts'
import { createTenancy, type Tenancy } from '../tenancy/index.ts'
import type { TestStore } from './stores.ts'

export interface Beside {
  db: Db
  turns: TurnLife
  audit: Audit
  tenancy: Tenancy
  streams: Streams
  scope(tenantId: string): Scope
  /** What was written down so far of a running turn's answer. */
  drafted(turnId: string): Promise<string>
  count(table: string): Promise<number>
  close(): Promise<void>
}

export const databaseOf = ({ kind, url }: TestStore): Parameters<typeof openDb>[0] =>
  kind === 'sqlite' ? { kind, file: url.replace(/^sqlite:/, '') } : { kind, url }

export async function openBeside(store: TestStore): Promise<Beside> {
  const db = await openDb(databaseOf(store), entities)
  const log = createLog('silent')
  const edge = createEdge()
  const streams = await createStreams({ db, edge, log, strict: true })
  const everywhere = acrossTenants(db, log)
  const drafts = createDrafts({ db, edge, log })
  const audit = createAudit({ edge })
  const tenancy = createTenancy({ db, edge, log, audit, facts: createFacts(log) })
  return {
    db,
    streams,
    audit,
    tenancy,
    turns: createTurnLife({
      edge,
      streams,
      facts: createFacts(log),
      drafts,
      ledger: createLedger({ db, edge, log, tenancy }),
    }),
    scope: (tenantId) => everywhere.of(tenantId),
    async drafted(turnId) {
      const turn = await acrossTenants(db, log).em.findOneOrFail(Turns, { id: turnId })
      return (await drafts.of(turn.owner))({ id: turn.answerId ?? '', attempt: turn.attempt })
    },
    async count(table) {
      const [row] = await everywhere.em.execute<{ n: number | string }[]>(`select count(*) as n from ${table}`)
      return Number(row?.n)
    },
    async close() {
      streams.close(0)
      await db.close()
    },
  }
}
