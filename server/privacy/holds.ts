import { Fault, type Hold } from '@aside/protocol'
import { actorName, type Audit } from '../audit/index.ts'
import { type Edge, newId, type Page, type PageQuery, pageOf, rowsOf, type Scope } from '../platform/index.ts'
import { Holds as HoldTable, type HoldRow } from './entities.ts'
import type { Table } from './places.ts'
import { presentHold } from './present.ts'

const holdRows = rowsOf(HoldTable)

export interface NewHold {
  visitorId?: string | undefined
  conversationId?: string | undefined
  reason: string
}

export interface Holds {
  /** A conversation is another visitor's from here on: what held it, by itself or with all of `from`, holds it there. */
  follow(tx: Scope, conversationId: string, from: string, to: string): Promise<void>
  /** Throws `not_found` for who, or what, is not there. */
  create(scope: Scope, input: NewHold): Promise<Hold>
  list(scope: Scope, query: PageQuery): Promise<Page<Hold>>
  /** Throws `not_found`. */
  release(scope: Scope, holdId: string): Promise<void>
}

export function createHolds({ edge, audit, tables }: { edge: Edge; audit: Audit; tables: Table[] }): Holds {
  const table = (name: string) => tables.find((it) => it.name === name)!.rows
  return {
    create: (scope, { visitorId, conversationId, reason }) =>
      scope.transaction(async (tx) => {
        const [conversation] = conversationId ? await table('conversations').find(tx, { id: conversationId }) : []
        if (conversationId && !conversation) throw new Fault('not_found', 'No such conversation')
        // Who erases locks the same row: either the hold is seen, or there is nothing left to hold.
        const id = visitorId ?? conversation?.['visitorId']
        const [visitor] = await table('visitors').find(tx, { id }, { lock: true })
        if (!visitor) throw new Fault('not_found', 'No such visitor')
        const row: Omit<HoldRow, 'tenantId'> = {
          id: newId('hold'),
          visitorId: String(id),
          conversationId: conversationId ?? null,
          reason,
          createdBy: actorName(tx.actor),
          createdAt: new Date(edge.now()),
        }
        await holdRows.insert(tx, row)
        await audit.record(tx, {
          action: 'privacy.held',
          target: conversationId ?? row.visitorId,
          detail: { hold: row.id },
        })
        return presentHold({ ...row, tenantId: tx.tenantId })
      }),

    async follow(tx, conversationId, from, to) {
      await holdRows.update(tx, { conversationId }, { visitorId: to })
      for (const held of await holdRows.find(tx, { visitorId: from, conversationId: null })) {
        const row = { ...held, id: newId('hold'), visitorId: to, conversationId, createdAt: new Date(edge.now()) }
        await holdRows.insert(tx, row)
        await audit.record(tx, { action: 'privacy.held', target: conversationId, detail: { hold: row.id } })
      }
    },

    async list(scope, query) {
      const page = await pageOf(scope, 'holds', query, (after, limit) =>
        holdRows.find(
          scope,
          { id: after === undefined ? undefined : { gt: after } },
          { orderBy: { id: 'asc' }, limit },
        ),
      )
      return { ...page, items: page.items.map(presentHold) }
    },

    release: (scope, holdId) =>
      scope.transaction(async (tx) => {
        const row = await holdRows.one(tx, { id: holdId }, { lock: true })
        if (!row) throw new Fault('not_found', 'No such hold')
        await holdRows.remove(tx, { id: holdId })
        const detail = { hold: holdId, released: true }
        await audit.record(tx, { action: 'privacy.held', target: row.conversationId ?? row.visitorId, detail })
      }),
  }
}
