/** The audit log: one row for each privileged act, in the transaction of the act, never changed. */
export { type Act, actorId, actorName, type Audit, createAudit } from './audit.ts'
export { AuditLog } from './entities.ts'
export { holds, mustHave } from './grants.ts'
export { auditRoutes } from './routes.ts'
