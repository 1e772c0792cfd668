import type { AuditAction, AuditEntry } from '@aside/protocol'
import {
  type Actor,
  ALL_TENANTS,
  type Edge,
  isInTransaction,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import { AuditLog } from './entities.ts'
import { holds } from './grants.ts'
import { presentEntry } from './present.ts'

const rows = rowsOf(AuditLog)

export interface Act {
  action: AuditAction
  /** The id of what it is done to. */
  target?: string
  /** Names and numbers: never a secret, a person's address, or what somebody wrote. */
  detail?: NonNullable<AuditEntry['detail']>
  result?: AuditEntry['result']
}

export interface AuditQuery extends PageQuery {
  action?: AuditAction | undefined
  actor?: string | undefined
  target?: string | undefined
  since?: string | undefined
}

export interface Audit {
  /** Writes one row, in the transaction of what it tells of. Throws outside of one: the act could be there without its row. */
  record(tx: Scope, act: Act): Promise<void>
  /**
   * The same for what was refused. The row stays even where the refusal takes a transaction back: it is written after that one's
   * end. The same refusal of the same actor once a minute, and at most twenty that differ only in their detail.
   */
  refused(scope: Scope, act: Act): Promise<void>
  /** With addresses only for who has `privacy:read`. */
  list(scope: Scope, query: AuditQuery): Promise<Page<AuditEntry>>
}

/** Whose id stands in a row: an operator and the system have none. */
export function actorId(actor: Actor): string | undefined {
  switch (actor.kind) {
    case 'key':
      return actor.keyId
    case 'agent':
      return actor.agentId
    case 'visitor':
      return actor.visitorId
    default:
      return undefined
  }
}

/** Who did it, as one word: what `createdBy` is. */
export const actorName = (actor: Actor): string => actorId(actor) ?? actor.kind

const QUIET_MS = 60_000
/** Who may choose what stands in the detail, an origin for instance, must not fill the log with it. */
const DETAILS_MOST = 20

export function createAudit({ edge }: { edge: Edge }): Audit {
  /** By actor and act: which details of its refusal were written down in the minute that began at `since`. */
  const told = new Map<string, { since: number; details: Set<string> }>()

  async function insert(tx: Scope, { action, target, detail, result = 'done' }: Act): Promise<void> {
    const { actor, call } = tx
    // What was done to no tenant in particular was done to the server.
    await rows.insert(tx.tenantId === ALL_TENANTS ? tx.of('-') : tx, {
      id: newId('audit'),
      at: new Date(edge.now()),
      actorKind: actor.kind,
      actorId: actorId(actor) ?? null,
      action,
      target: target ?? null,
      result,
      detail: detail ?? null,
      // The log outlives what is erased, and a visitor's address is theirs.
      ip: actor.kind === 'visitor' ? null : (call?.ip ?? null),
      requestId: call?.requestId ?? null,
    })
  }

  return {
    async record(tx, act) {
      if (!isInTransaction()) throw new Error(`${act.action} is written down in the transaction that does it`)
      await insert(tx, act)
    },

    refused: (scope, act) =>
      scope.afterEnd(async (outside) => {
        const now = edge.now()
        const key = `${outside.tenantId} ${actorName(outside.actor)} ${act.action} ${act.target ?? ''}`
        let group = told.get(key)
        if (!group || now - group.since >= QUIET_MS) {
          if (told.size >= 10_000) told.clear()
          told.set(key, (group = { since: now, details: new Set() }))
        }
        const { details } = group
        const detail = JSON.stringify(act.detail ?? null)
        if (details.has(detail) || details.size >= DETAILS_MOST) return
        // Marked meanwhile, so that a crowd writes one row; what could not be written was not told.
        details.add(detail)
        await outside
          .transaction((tx) => insert(tx, { ...act, result: 'refused' }))
          .catch((error: unknown) => {
            details.delete(detail)
            throw error
          })
      }),

    async list(scope, { action, actor, target, since, ...query }) {
      const found = await pageOf(scope, 'audit', query, (after, limit) =>
        rows.find(
          scope,
          {
            id: after === undefined ? undefined : { lt: after },
            action,
            actorId: actor,
            target,
            at: since === undefined ? undefined : { gte: new Date(since) },
          },
          { orderBy: { id: 'desc' }, limit },
        ),
      )
      const withIp = holds(scope, 'privacy:read')
      return { ...found, items: found.items.map((row) => presentEntry(row, { withIp })) }
    },
  }
}
