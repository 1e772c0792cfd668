import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { AuditAction, AuditEntry } from '@aside/protocol'

/** Append-only: the store itself refuses to change a row, or to delete one while its tenant is there. */
export const AuditLog = defineEntity({
  name: 'AuditRow',
  tableName: 'audit_log',
  properties: {
    id: p.text().primary(),
    /** `-` for what was done to the server itself. */
    tenantId: p.text(),
    at: p.datetime(),
    actorKind: p.text().$type<AuditEntry['actor']['kind']>(),
    actorId: p.text().nullable(),
    action: p.text().$type<AuditAction>(),
    target: p.text().nullable(),
    result: p.text().$type<AuditEntry['result']>(),
    detail: p.json<NonNullable<AuditEntry['detail']>>().nullable(),
    ip: p.text().nullable(),
    requestId: p.text().nullable(),
  },
})

export type AuditRow = InferEntity<typeof AuditLog>
