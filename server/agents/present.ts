import type { Agent } from '@aside/protocol'
import type { AgentRow } from './entities.ts'

export const presentAgent = (row: AgentRow): Agent => ({
  id: row.id,
  tenantId: row.tenantId,
  email: row.email,
  name: row.name,
  role: row.role,
  status: row.disabledAt ? 'disabled' : row.passwordHash ? 'active' : 'invited',
  ...(row.inviteHash && row.inviteExpiresAt ? { invitedUntil: row.inviteExpiresAt.toISOString() } : {}),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  ...(row.disabledAt ? { disabledAt: row.disabledAt.toISOString() } : {}),
  ...(row.lastLoginAt ? { lastLoginAt: row.lastLoginAt.toISOString() } : {}),
})
