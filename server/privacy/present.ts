import type { Hold } from '@aside/protocol'
import type { HoldRow } from './entities.ts'

export const presentHold = (row: HoldRow): Hold => ({
  id: row.id,
  visitorId: row.visitorId,
  ...(row.conversationId ? { conversationId: row.conversationId } : {}),
  reason: row.reason,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
})
