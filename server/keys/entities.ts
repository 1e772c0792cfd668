import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Scope } from '@aside/protocol'

export const Keys = defineEntity({
  name: 'Key',
  tableName: 'keys',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text().nullable(),
    kind: p.text().$type<'publishable' | 'secret'>(),
    env: p.text().$type<'live' | 'test'>(),
    name: p.text(),
    scopes: p.json<Scope[]>(),
    /** The public part of the key, by which it is found. */
    kid: p.text().unique(),
    /** SHA-256 of the whole key, base64url: 192 bits of chance need no slow hash (OWASP ASVS 5, 6.5.2). */
    hash: p.text(),
    hint: p.text(),
    createdBy: p.text().default('operator'),
    /** The key that takes its place. */
    rotatedTo: p.text().nullable(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
})

export type KeyRow = InferEntity<typeof Keys>
