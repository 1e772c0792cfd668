/** What owners are told of: a row, a line in the audit log and one in the server's, each thing once a day. */
import type { Notice } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { type Edge, newId, type Page, type PageQuery, pageOf, rowsOf, type Scope } from '../platform/index.ts'
import { Notices } from './entities.ts'
import { presentNotice } from './present.ts'
import { dayOf } from './usage.ts'

const rows = rowsOf(Notices)

export interface NoticeBoard {
  /** Nothing where it was told today already. Never throws: an answer does not wait for it. */
  tell(scope: Scope, notice: Pick<Notice, 'kind' | 'budget' | 'appId' | 'visitorId'>): Promise<void>
  list(scope: Scope, query: PageQuery): Promise<Page<Notice>>
}

export function createNotices({ edge, audit }: { edge: Edge; audit: Audit }): NoticeBoard {
  /** What this process knows to be told, so that it need not ask the store each time. */
  const told = new Set<string>()

  return {
    async tell(scope, { kind, budget, appId = '-', visitorId }) {
      const now = edge.now()
      const day = dayOf(now)
      const key = `${scope.tenantId} ${day} ${appId} ${budget} ${kind}`
      if (told.has(key)) return
      try {
        await scope.transaction(async (tx) => {
          const { affected } = await tx.execute(
            `insert into "notices" (id, tenant_id, app_id, kind, budget, day, visitor_id, created_at)
             values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, app_id, day, budget, kind) do nothing`,
            [
              newId('notice'),
              tx.tenantId,
              appId,
              kind,
              budget,
              day,
              visitorId ?? null,
              tx.kind === 'sqlite' ? now : new Date(now),
            ],
          )
          if (affected === 0) return
          const target = appId === '-' ? tx.tenantId : appId
          await audit.record(tx, { action: kind, target, detail: { budget, day } })
          tx.afterCommit(() => scope.log.warn(kind.replace('.', '-'), { tenantId: tx.tenantId, target, budget, day }))
        })
        if (told.size >= 10_000) told.clear()
        told.add(key)
      } catch (error) {
        scope.log.error('notice-failed', { kind, stack: error instanceof Error ? error.stack : String(error) })
      }
    },

    async list(scope, query) {
      const found = await pageOf(scope, 'notices', query, (after, limit) =>
        rows.find(scope, { id: after === undefined ? undefined : { lt: after } }, { orderBy: { id: 'desc' }, limit }),
      )
      return { ...found, items: found.items.map(presentNotice) }
    },
  }
}
