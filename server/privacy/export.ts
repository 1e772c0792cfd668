/** Exports: every row of somebody, as lines of JSON, read as fast as they are taken. */
import { Readable } from 'node:stream'
import { type ExportLine, Fault } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import type { Download, Edge, Scope } from '../platform/index.ts'
import { personOf } from './person.ts'
import { belonging, type Root, type Table } from './places.ts'

const PAGE = 200

export interface Exports {
  /** Throws `not_found` for an app that is not the tenant's. */
  find(scope: Scope, appId: string, subject: string): Promise<{ id: string; appId: string; createdAt: string }[]>
  /** With those who turned out to be this visitor when they signed in. Throws `not_found`. */
  visitor(scope: Scope, visitorId: string): Promise<Download>
  /** Throws `not_found`. */
  tenant(scope: Scope, tenantId: string): Promise<Download>
}

export function createExports({ edge, audit, tables }: { edge: Edge; audit: Audit; tables: Table[] }): Exports {
  const line = (it: ExportLine) => `${JSON.stringify(it)}\n`

  async function* lines(
    scope: Scope,
    root: Root,
    kind: 'visitor' | 'tenant',
    id: string,
    ids: string[],
  ): AsyncGenerator<string> {
    yield line({ export: { format: 1, kind, id, at: new Date(edge.now()).toISOString() } })
    let count = 0
    // The other way round: first what others belong to.
    for (const { name, place, rows, ...more } of [...tables].reverse()) {
      const isOwn = scope.actor.kind === 'visitor'
      const condition =
        place.isDerived || (isOwn && place.owners === true) ? undefined : belonging({ name, place, ...more }, root, ids)
      if (!condition) continue
      let after: Record<string, unknown> | undefined
      do {
        const limit = place.bytes === undefined ? PAGE : 1
        const page: Record<string, unknown>[] = await rows.fitting(scope, condition, { after, limit })
        count += page.length
        const shown = page.map((row) =>
          line({
            table: name,
            row: without(inBase64(row, place.bytes), [
              ...(place.hidden ?? []),
              ...(isOwn && Array.isArray(place.owners) ? place.owners : []),
            ]),
          }),
        )
        if (shown.length > 0) yield shown.join('')
        after = page.length < limit ? undefined : page.at(-1)
      } while (after)
    }
    yield line({ end: { rows: count } })
  }

  async function start(scope: Scope, root: Root, kind: 'visitor' | 'tenant', id: string): Promise<Download> {
    const [row] = await tables.find((it) => it.name === root)!.rows.find(scope, { id })
    if (!row) throw new Fault('not_found', `No such ${kind}`)
    const own = scope.of(String(row['tenantId'] ?? id))
    await own.transaction((tx) => audit.record(tx, { action: 'privacy.exported', target: id }))
    const ids = kind === 'visitor' ? await personOf(own, tables, id) : [id]
    return { name: `${id}.ndjson`, content: Readable.from(lines(own, root, kind, id, ids), { objectMode: false }) }
  }

  const rowsOf = (name: string) => tables.find((it) => it.name === name)!.rows

  return {
    async find(scope, appId, subject) {
      const [app] = await rowsOf('apps').find(scope, { id: appId })
      if (!app) throw new Fault('not_found', 'No such app')
      const found = await rowsOf('visitors').find(scope, { appId, subject })
      return found.map((it) => ({ id: String(it['id']), appId, createdAt: (it['createdAt'] as Date).toISOString() }))
    },
    visitor: (scope, visitorId) => start(scope, 'visitors', 'visitor', visitorId),
    tenant: (scope, tenantId) => start(scope, 'tenants', 'tenant', tenantId),
  }
}

const without = (row: Record<string, unknown>, hidden: string[] = []) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.includes(name)))

function inBase64(row: Record<string, unknown>, column: string | undefined): Record<string, unknown> {
  const bytes = column === undefined ? undefined : row[column]
  return column !== undefined && bytes instanceof Uint8Array
    ? { ...row, [column]: Buffer.from(bytes).toString('base64') }
    : row
}
