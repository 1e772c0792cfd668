import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Role } from '@aside/protocol'

export const Agents = defineEntity({
  name: 'Agent',
  tableName: 'agents',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    /** In lower case: unique within the tenant. */
    email: p.text(),
    name: p.text(),
    role: p.text().$type<Role>(),
    /** Argon2id, as a PHC string. */
    passwordHash: p.text().nullable(),
    /** Raised where every access token is to end. */
    tokenVersion: p.integer().default(1),
    /** SHA-256 of the invitation, base64url. */
    inviteHash: p.text().nullable(),
    inviteExpiresAt: p.datetime().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    disabledAt: p.datetime().nullable(),
    lastLoginAt: p.datetime().nullable(),
  },
  uniques: [{ name: 'agents_email_unique', properties: ['tenantId', 'email'] }],
})

/** One sign-in, in one browser: the family of refresh tokens that follow one another. One that has ended is gone. */
export const AgentSessions = defineEntity({
  name: 'AgentSession',
  tableName: 'agent_sessions',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    agentId: p.text(),
    createdAt: p.datetime(),
    /** However often it is renewed. */
    expiresAt: p.datetime(),
  },
})

/** Each refresh token of a family, for as long as it could be shown again. */
export const RefreshTokens = defineEntity({
  name: 'RefreshToken',
  tableName: 'agent_refresh_tokens',
  properties: {
    /** SHA-256 of the token, base64url. The token itself is not kept. */
    hash: p.text().primary(),
    tenantId: p.text(),
    sessionId: p.text(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
    /** When another took its place. */
    rotatedAt: p.datetime().nullable(),
  },
})

export const agentTables = [Agents, AgentSessions, RefreshTokens]

export type AgentRow = InferEntity<typeof Agents>
export type AgentSessionRow = InferEntity<typeof AgentSessions>
export type RefreshTokenRow = InferEntity<typeof RefreshTokens>
