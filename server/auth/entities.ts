import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Details } from '@aside/protocol'

export const Visitors = defineEntity({
  name: 'Visitor',
  tableName: 'visitors',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    /** Whose word a token gave: absent for who is anonymous. Nothing else ever writes it, nor the two below. */
    subject: p.text().nullable(),
    email: p.text().nullable(),
    name: p.text().nullable(),
    /** What they say of themselves, and nobody vouches for. */
    details: p.json<Details>().nullable(),
    createdAt: p.datetime(),
  },
  uniques: [{ name: 'visitors_subject_unique', properties: ['appId', 'subject'] }],
})

/** An anonymous visitor who signed in, and who they turned out to be. Such a one is anonymous no more, and never merged again. */
export const VisitorMerges = defineEntity({
  name: 'VisitorMerge',
  tableName: 'visitor_merges',
  properties: {
    visitorId: p.text().primary(),
    tenantId: p.text(),
    intoId: p.text(),
    createdAt: p.datetime(),
  },
})

export type VisitorRow = InferEntity<typeof Visitors>

export const Sessions = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    visitorId: p.text(),
    /** SHA-256 of the token, base64url. The token itself is not kept. */
    tokenHash: p.text().unique(),
    /** `backend`: started with a secret key, so no origin is asked for. */
    via: p.text().$type<'page' | 'backend'>(),
    /** The key it was started with: it ends with it. */
    keyId: p.text().nullable(),
    /** The identity secret whose token proved it: it ends with it. Absent for an anonymous one. */
    secretId: p.text().nullable(),
    /** `test`: started with a test key, so that pages of this machine may use it. */
    env: p.text().$type<'live' | 'test'>().default('live'),
    createdAt: p.datetime(),
    seenAt: p.datetime(),
    expiresAt: p.datetime(),
    endedAt: p.datetime().nullable(),
  },
})

export type SessionRow = InferEntity<typeof Sessions>
