import type { AuditEntry } from '@aside/protocol'
import type { AuditRow } from './entities.ts'

export const presentEntry = (row: AuditRow): AuditEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  ...(row.tenantId === '-' ? {} : { tenantId: row.tenantId }),
  actor: { kind: row.actorKind, ...(row.actorId ? { id: row.actorId } : {}) },
  action: row.action,
  ...(row.target ? { target: row.target } : {}),
  result: row.result,
  ...(row.detail ? { detail: row.detail } : {}),
  ...(row.ip ? { ip: row.ip } : {}),
  ...(row.requestId ? { requestId: row.requestId } : {}),
})
