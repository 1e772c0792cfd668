import type { AuditEntry } from '@aside/protocol'
import type { AuditRow } from './entities.ts'

/** An IP address is a person's: it is shown to who may see what persons can ask to have erased. */
export const presentEntry = (row: AuditRow, { withIp }: { withIp: boolean }): AuditEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  ...(row.tenantId === '-' ? {} : { tenantId: row.tenantId }),
  actor: { kind: row.actorKind, ...(row.actorId ? { id: row.actorId } : {}) },
  action: row.action,
  ...(row.target ? { target: row.target } : {}),
  result: row.result,
  ...(row.detail ? { detail: row.detail } : {}),
  ...(withIp && row.ip ? { ip: row.ip } : {}),
  ...(row.requestId ? { requestId: row.requestId } : {}),
})
