import { listAudit } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Audit } from './audit.ts'

export const auditRoutes = (audit: Audit): Route[] => [
  serve(listAudit, async ({ scope, query: { tenantId: _, ...query } }) => {
    const { items, ...rest } = await audit.list(scope, query)
    return { entries: items, ...rest }
  }),
]
