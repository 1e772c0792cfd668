import { listNotices, readUsage, readUsageToday } from '@aside/protocol'
import { type Audit, holds, mustHave } from '../audit/index.ts'
import { type Route, type Scope, serve } from '../platform/index.ts'
import type { Budgets } from './budgets.ts'
import type { NoticeBoard } from './notices.ts'
import type { Ledger } from './usage.ts'

interface Parts {
  ledger: Ledger
  budgets: Budgets
  notices: NoticeBoard
  audit: Audit
}

/** Which visitor it was is for who may see what visitors can ask to have erased. */
function seenBy<T extends { visitorId?: string | undefined }>(scope: Scope, items: T[]): T[] {
  if (holds(scope, 'privacy:read')) return items
  return items.map(({ visitorId: _, ...rest }) => rest as T)
}

export const limitRoutes = ({ ledger, budgets, notices, audit }: Parts): Route[] => [
  serve(readUsage, async ({ scope, query: { tenantId: _, ...query } }) => {
    if (query.by === 'visitor') await mustHave(audit, scope, ['privacy:read'])
    const { items, ...rest } = await ledger.read(scope, query)
    return { usage: items, ...rest }
  }),
  serve(readUsageToday, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await budgets.today(scope, query)
    return { budgets: seenBy(scope, items), ...rest }
  }),
  serve(listNotices, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await notices.list(scope, query)
    return { notices: seenBy(scope, items), ...rest }
  }),
]
