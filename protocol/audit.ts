/** What was done by whom: one row for each privileged act, and no way to change one. */
import * as v from 'valibot'
import { id, Instant } from './ids.ts'

/** `<thing>.<what happened to it>`. */
export const AuditAction = v.picklist([
  'tenant.created',
  'tenant.updated',
  'app.created',
  'app.updated',
  'app.removed',
  'app.widget_chosen',
  'config.created',
  'config.activated',
  'key.created',
  'key.rotated',
  'key.revoked',
  'key.refused',
  'source.added',
  'source.removed',
  'identity.secret_created',
  'identity.secret_revoked',
  'identity.enforced',
  'agent.created',
  'agent.invited',
  'agent.accepted',
  'agent.updated',
  'agent.removed',
  'agent.login',
  'agent.login_refused',
  'agent.tokens_revoked',
  'budget.warned',
  'budget.spent',
  'privacy.exported',
  'privacy.erased',
  'privacy.retained',
  'privacy.held',
  'store.backed_up',
  'store.restored',
  'access.refused',
])
export type AuditAction = v.InferOutput<typeof AuditAction>

export const AuditEntry = v.object({
  id: id('audit'),
  at: Instant,
  /** Absent for what was done to the server itself. */
  tenantId: v.optional(id('tenant')),
  actor: v.object({
    kind: v.picklist(['operator', 'key', 'agent', 'visitor', 'page', 'system']),
    /** The key, agent or visitor; an operator and the system have none. */
    id: v.optional(v.string()),
  }),
  action: AuditAction,
  /** The id of what it was done to. */
  target: v.optional(v.string()),
  result: v.picklist(['done', 'refused']),
  /** What changed, in names and numbers: never a secret, an address of a person, or what somebody wrote. */
  detail: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  /** For who has `privacy:read`. */
  ip: v.optional(v.string()),
  requestId: v.optional(v.string()),
})
export type AuditEntry = v.InferOutput<typeof AuditEntry>
