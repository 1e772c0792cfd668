import type { Scope } from '../platform/index.ts'
import type { Table } from './places.ts'

/** A visitor, and the anonymous ones that turned out to be them: one step, since whoever is merged is never merged into. */
export async function personOf(scope: Scope, tables: Table[], visitorId: string): Promise<string[]> {
  const merges = tables.find((it) => it.name === 'visitor_merges')!.rows
  const merged = await merges.find(scope, { intoId: visitorId }, { orderBy: { visitorId: 'asc' } })
  return [visitorId, ...merged.map((it) => String(it['visitorId']))]
}
