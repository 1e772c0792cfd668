import { Fault, scopesOf, type SignedIn } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import {
  acrossTenants,
  type Actor,
  createScope,
  type Db,
  type Edge,
  type Log,
  newId,
  type RequestOrigin,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import { createAccessTokens } from './access-token.ts'
import { createAttempts } from './attempts.ts'
import { type AgentRow, Agents as AgentTable, type AgentSessionRow, AgentSessions, RefreshTokens } from './entities.ts'
import type { Passwords } from './passwords.ts'
import { presentAgent } from './present.ts'
import { hashOf, mint, type Secrets } from './secrets.ts'

export const agentRows = rowsOf(AgentTable)
const sessionRows = rowsOf(AgentSessions)
const tokenRows = rowsOf(RefreshTokens)

const DAY_MS = 86_400_000
const IDLE_MS = 14 * DAY_MS
const ABSOLUTE_MS = 90 * DAY_MS
/** Two tabs share the cookie, and may both show it before one of them has the next. */
const GRACE_MS = 10_000
const FRESH_MS = 1_000

/** The reply, and the refresh token for the cookie. */
export interface Issued {
  reply: SignedIn
  renewal: { token: string; maxAgeMs: number }
}

export interface SignIns {
  /**
   * Throws `unauthenticated` for a wrong password just as for nobody, after the same work; `conflict` where it is right in several
   * tenants; `rate_limited`, `overloaded`.
   */
  login(everywhere: Scope, input: { email: string; password: string; tenantId?: string | undefined }): Promise<Issued>
  /**
   * The next token of the family. One that was replaced within ten seconds gives its successor once more; one replaced before
   * was stolen, or its successor was: the family is gone, and that is written down. Throws `unauthenticated`.
   */
  refresh(scope: Scope, token: string): Promise<Issued>
  /** Ends the sign-in the token is of. */
  logout(scope: Scope, token: string): Promise<void>
  /** Whose access token this is, at most a second ago. Throws `unauthenticated`, `session_expired`. */
  find(accessToken: string): Promise<AgentRow>
  /** Whose refresh token this is, or was. Throws `unauthenticated`. */
  holder(refreshToken: string): Promise<AgentRow>
  /** Ends every sign-in of an agent, in the transaction of what it is for. The agent's row is locked by the caller. */
  endAll(tx: Scope, agentId: string): Promise<void>
  /** What is known of the agent is not so any more. */
  forget(agentId: string): void
}

/** Acts as this agent from here on. */
export const asAgent = (db: Db, log: Log, row: AgentRow, call: RequestOrigin | undefined): Scope =>
  createScope(db, row.tenantId, agentActor(row), log, call)

export const agentActor = ({ id, role }: AgentRow): Extract<Actor, { kind: 'agent' }> => ({
  kind: 'agent',
  agentId: id,
  role,
  scopes: scopesOf(role),
})

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  secrets: Secrets
  passwords: Passwords
}

const canSignIn = (row: AgentRow): row is AgentRow & { passwordHash: string } =>
  !row.disabledAt && typeof row.passwordHash === 'string'

export function createSignIns({ db, edge, log, audit, secrets, passwords }: Parts): SignIns {
  const everywhere = acrossTenants(db, log)
  const tokens = createAccessTokens(secrets.signing)
  const attempts = createAttempts(edge.now)
  /** By sign-in. */
  const seen = new Map<string, { at: number; agent: AgentRow }>()
  const gone = () => new Fault('unauthenticated', 'This sign-in is over: sign in again')

  function forget(agentId: string): void {
    for (const [id, { agent }] of seen) if (agent.id === agentId) seen.delete(id)
  }

  async function issue(agent: AgentRow, session: AgentSessionRow, token: string, ends: Date): Promise<Issued> {
    const now = edge.now()
    const claims = { sub: agent.id, ten: agent.tenantId, sid: session.id, ver: agent.tokenVersion }
    const access = await tokens.sign(claims, now)
    return {
      reply: { accessToken: access.token, expiresAt: access.expiresAt.toISOString(), agent: presentAgent(agent) },
      renewal: { token, maxAgeMs: ends.getTime() - now },
    }
  }

  async function addToken(tx: Scope, session: { id: string; expiresAt: Date }, token: string): Promise<Date> {
    const now = edge.now()
    const expiresAt = new Date(Math.min(now + IDLE_MS, session.expiresAt.getTime()))
    await tokenRows.insert(tx, {
      hash: hashOf(token),
      sessionId: session.id,
      createdAt: new Date(now),
      expiresAt,
      rotatedAt: null,
    })
    return expiresAt
  }

  async function endSessions(tx: Scope, sessions: AgentSessionRow[]): Promise<void> {
    const ids = sessions.map((it) => it.id)
    if (ids.length === 0) return
    await tokenRows.remove(tx, { sessionId: ids })
    await sessionRows.remove(tx, { id: ids })
    tx.atCommit(() => ids.forEach((id) => seen.delete(id)))
  }

  /** Locks the session first: whoever renews it has to wait, and then finds nothing. */
  async function lockSession(tx: Scope, token: string): Promise<AgentSessionRow | undefined> {
    const row = await tokenRows.one(tx, { hash: hashOf(token), expiresAt: { gt: new Date(edge.now()) } })
    return row && sessionRows.one(tx, { id: row.sessionId }, { lock: true })
  }

  async function begin(agent: AgentRow, call: RequestOrigin | undefined): Promise<Issued> {
    const token = mint('art')
    const now = new Date(edge.now())
    const session = { id: newId('session'), agentId: agent.id, createdAt: now, expiresAt: new Date(+now + ABSOLUTE_MS) }
    const begun = await asAgent(db, log, agent, call).transaction(async (tx) => {
      const row = await agentRows.one(tx, { id: agent.id }, { lock: true })
      // Disabled, or invited anew, while the password was looked at.
      if (!row || row.disabledAt || row.passwordHash !== agent.passwordHash) throw gone()
      await endSessions(tx, await sessionRows.find(tx, { agentId: agent.id, expiresAt: { lte: now } }, { lock: true }))
      await sessionRows.insert(tx, session)
      const ends = await addToken(tx, session, token)
      await agentRows.update(tx, { id: agent.id }, { lastLoginAt: now })
      await audit.record(tx, { action: 'agent.login', target: agent.id })
      return { row: { ...row, lastLoginAt: now }, ends }
    })
    return issue(begun.row, { ...session, tenantId: agent.tenantId }, token, begun.ends)
  }

  return {
    async login(scope, { email, password, tenantId }) {
      const attempt = attempts.begin(email, scope.call?.ip ?? '')
      const rows = await agentRows.find(scope, { email, tenantId }, { orderBy: { id: 'asc' } })
      const able = rows.filter(canSignIn)
      const fitting = await passwords.fitting(email, password, able).catch((error: unknown) => {
        attempt.takeBack()
        throw error
      })
      // One tenant's password that fits is no excuse for having tried another's.
      const missed = fitting.length === 0 ? rows : able.filter((row) => !fitting.some((it) => it.id === row.id))
      if (fitting.length === 0 || missed.length > 0)
        await scope.transaction(async (tx) => {
          const refusal = { action: 'agent.login_refused', result: 'refused' } as const
          for (const row of missed) await audit.record(tx.of(row.tenantId), { ...refusal, target: row.id })
          if (rows.length === 0) await audit.record(tx, refusal)
        })
      if (fitting.length === 0) throw new Fault('unauthenticated', 'The e-mail address or the password is wrong')
      if (missed.length === 0) attempt.succeeded()
      if (fitting.length > 1)
        throw new Fault('conflict', 'Several tenants know you by this password: say which, as tenantId', {
          issues: fitting.map((it) => ({ path: 'body.tenantId', message: it.tenantId })),
        })
      return begin(fitting[0]!, scope.call)
    },

    async refresh(scope, given) {
      const now = edge.now()
      const done = await scope.transaction(async (tx) => {
        const session = await lockSession(tx, given)
        const agent = session && (await agentRows.one(tx, { id: session.agentId }))
        if (!session || !agent || agent.disabledAt) return undefined
        let token = given
        let row = await tokenRows.get(tx, { hash: hashOf(token) })
        while (row.rotatedAt) {
          if (now - row.rotatedAt.getTime() > GRACE_MS) {
            await endSessions(tx, [session])
            await audit.record(tx, { action: 'agent.tokens_revoked', target: agent.id, detail: { reason: 'reuse' } })
            log.warn('refresh-token-reused', { agentId: agent.id })
            return undefined
          }
          token = secrets.successorOf(token)
          row = await tokenRows.get(tx, { hash: hashOf(token) })
        }
        if (token !== given) return { agent, session, token, ends: row.expiresAt }
        await tokenRows.remove(tx, { sessionId: session.id, expiresAt: { lte: new Date(now) } })
        await tokenRows.update(tx, { hash: row.hash }, { rotatedAt: new Date(now) })
        token = secrets.successorOf(token)
        return { agent, session, token, ends: await addToken(tx, session, token) }
      })
      if (!done) throw gone()
      return issue(done.agent, done.session, done.token, done.ends)
    },

    logout: (scope, token) =>
      scope.transaction(async (tx) => {
        const session = await lockSession(tx, token)
        if (session) await endSessions(tx, [session])
      }),

    async find(text) {
      const now = edge.now()
      const { sub, ten, sid, ver } = await tokens.verify(text, now)
      const hit = seen.get(sid)
      let agent: AgentRow | undefined = hit?.agent
      if (!hit || Math.abs(now - hit.at) >= FRESH_MS) {
        const scope = everywhere.of(ten)
        const session = await sessionRows.one(scope, { id: sid, agentId: sub, expiresAt: { gt: new Date(now) } })
        agent = session && (await agentRows.one(scope, { id: sub }))
        if (seen.size >= 10_000) seen.clear()
        // Only what is good: a wrong claim beside a true sign-in must not speak for the true one.
        if (agent) seen.set(sid, { at: now, agent })
      }
      if (!agent || agent.id !== sub || agent.tenantId !== ten || agent.disabledAt || agent.tokenVersion !== ver)
        throw gone()
      return agent
    },

    async holder(token) {
      const row = await tokenRows.one(everywhere, { hash: hashOf(token), expiresAt: { gt: new Date(edge.now()) } })
      const session = row && (await sessionRows.one(everywhere, { id: row.sessionId }))
      const agent = session && (await agentRows.one(everywhere, { id: session.agentId }))
      if (!agent || agent.disabledAt) throw gone()
      return agent
    },

    async endAll(tx, agentId) {
      await endSessions(tx, await sessionRows.find(tx, { agentId }, { lock: true, orderBy: { id: 'asc' } }))
      tx.atCommit(() => forget(agentId))
    },

    forget,
  }
}
