import { type IdentityDay, IdentityReason, type IdentitySecret } from '@aside/protocol'
import type { IdentityCountRow, IdentitySecretRow } from './entities.ts'

export const presentSecret = (row: Omit<IdentitySecretRow, 'tenantId' | 'sealed'>): IdentitySecret => ({
  id: row.id,
  appId: row.appId,
  name: row.name,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  ...(row.revokedAt ? { revokedAt: row.revokedAt.toISOString() } : {}),
})

export function presentDay(day: string, rows: Pick<IdentityCountRow, 'outcome' | 'count'>[]): IdentityDay {
  const of = (outcome: string) => rows.find((it) => it.outcome === outcome)?.count ?? 0
  const reasons = IdentityReason.options
    .map((reason) => ({ reason, count: of(reason) }))
    .filter((it) => it.count > 0)
    .sort((a, b) => b.count - a.count)
  return {
    day,
    verified: of('verified'),
    missing: of('missing'),
    invalid: reasons.reduce((sum, it) => sum + it.count, 0),
    reasons,
  }
}
