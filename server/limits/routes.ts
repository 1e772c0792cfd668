import { listNotices, readUsage, readUsageToday } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Budgets } from './budgets.ts'
import type { NoticeBoard } from './notices.ts'
import type { Ledger } from './usage.ts'

export const limitRoutes = (ledger: Ledger, budgets: Budgets, notices: NoticeBoard): Route[] => [
  serve(readUsage, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await ledger.read(scope, query)
    return { usage: items, ...rest }
  }),
  serve(readUsageToday, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await budgets.today(scope, query)
    return { budgets: items, ...rest }
  }),
  serve(listNotices, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await notices.list(scope, query)
    return { notices: items, ...rest }
  }),
]
