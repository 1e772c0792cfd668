import type { Session } from '@aside/protocol'
import type { SessionRow } from './entities.ts'

export const presentSession = (
  row: Pick<SessionRow, 'id' | 'visitorId' | 'appId' | 'createdAt' | 'expiresAt'>,
): Session => ({
  id: row.id,
  visitorId: row.visitorId,
  appId: row.appId,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
})
