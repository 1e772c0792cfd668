import { defineEntity, type InferEntity, p } from '@mikro-orm/core'

/** What an owner's backend signs with. Unlike a key it has to be read again, so it is sealed and not hashed. */
export const IdentitySecrets = defineEntity({
  name: 'IdentitySecret',
  tableName: 'identity_secrets',
  properties: {
    /** The `kid` of its tokens. */
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    name: p.text(),
    /** The key, as `platform/seal.ts` closes it. */
    sealed: p.text(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    revokedAt: p.datetime().nullable(),
  },
})

/** How many sessions of an app began in which way, in `observe`, by day. */
export const IdentityCounts = defineEntity({
  name: 'IdentityCount',
  tableName: 'identity_counts',
  properties: {
    appId: p.text().primary(),
    /** UTC, like `2026-11-21`. */
    day: p.text().primary(),
    /** `verified`, `missing`, or why it was invalid. */
    outcome: p.text().primary(),
    tenantId: p.text(),
    count: p.integer(),
  },
})

export type IdentitySecretRow = InferEntity<typeof IdentitySecrets>
export type IdentityCountRow = InferEntity<typeof IdentityCounts>
