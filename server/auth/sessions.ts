import { createHash, randomBytes } from 'node:crypto'
import { Fault, type SessionStarted } from '@aside/protocol'
import {
  acrossTenants,
  type Db,
  type Edge,
  type Facts,
  type Log,
  newId,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import type { Identities, Proof } from '../identity/index.ts'
import type { LiveApp } from '../tenancy/index.ts'
import { type SessionRow, Sessions, Visitors } from './entities.ts'
import { presentStarted } from './present.ts'
import { linkMerged, visitorOfSubject } from './verified.ts'

const sessionRows = rowsOf(Sessions)
const visitorRows = rowsOf(Visitors)

const DAY_MS = 86_400_000
const IDLE_MS = 30 * DAY_MS
const ABSOLUTE_MS = 180 * DAY_MS
/** After a proof. */
const VERIFIED_MS = DAY_MS
const SEEN_EVERY_MS = 3_600_000

export interface SessionFacts {
  'session-ended': { sessionId: string; visitorId: string }
}

export interface StartedBy {
  via: 'page' | 'backend'
  key?: { id: string; env: 'live' | 'test' } | undefined
}

export interface VisitorSessions {
  /** A session of whom the proof names, or of a new anonymous visitor. The token is in the result and nowhere else. */
  start(scope: Scope, app: LiveApp, how: StartedBy, proof?: Proof): Promise<SessionStarted>
  /**
   * The visitor of this session signs in: it ends, and another one begins, of whom the proof names. An anonymous visitor's last
   * conversation goes along, and all else of theirs stays known as this person's; nobody else's does. A session of the same subject only lives on, under the same `token`.
   */
  identify(scope: Scope, app: LiveApp, proof: Proof, token: string): Promise<SessionStarted>
  end(scope: Scope): Promise<void>
  /** Ends, within the transaction that revokes the key, every session that was started with it. */
  endOfKey(tx: Scope, keyId: string): Promise<void>
  /** The same for the identity secret that proved them. */
  endOfSecret(tx: Scope, secretId: string): Promise<void>
  /** Those of these sessions of which nobody knows who they are. */
  anonymousOf(sessionIds: string[]): Promise<string[]>
  /** Those of these sessions that have ended, wherever that was done. */
  endedOf(sessionIds: string[]): Promise<string[]>
  /** The session of a token. Throws `unauthenticated` for none or an ended one, `session_expired` for an old one. */
  find(token: string): Promise<SessionRow>
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')
const tokenShape = /^vst_[A-Za-z0-9_-]{43}$/

interface Parts {
  db: Db
  edge: Edge
  log: Log
  facts: Facts<SessionFacts>
  identities: Pick<Identities, 'hold'>
  /** Gives the last conversation of one visitor to another, in the transaction of the sign-in. */
  merging: (tx: Scope, from: string, to: string) => Promise<void>
}

export function createVisitorSessions({ db, edge, log, facts, identities, merging }: Parts): VisitorSessions {
  async function begin(
    tx: Scope,
    { appId, visitorId, via, keyId, env }: Pick<SessionRow, 'appId' | 'visitorId' | 'via' | 'keyId' | 'env'>,
    proof: Proof | undefined,
    now: number,
  ) {
    const token = `vst_${randomBytes(32).toString('base64url')}`
    const session = {
      id: newId('session'),
      appId,
      visitorId,
      tokenHash: hashOf(token),
      via,
      keyId: keyId ?? null,
      secretId: proof?.secretId ?? null,
      env,
      createdAt: new Date(now),
      seenAt: new Date(now),
      expiresAt: new Date(now + (proof ? VERIFIED_MS : IDLE_MS)),
      endedAt: null,
    }
    await sessionRows.insert(tx, session)
    return { token, session }
  }

  async function someoneNew(tx: Scope, appId: string, now: Date) {
    const visitor = {
      id: newId('visitor'),
      appId,
      subject: null,
      email: null,
      name: null,
      details: null,
      createdAt: now,
    }
    await visitorRows.insert(tx, visitor)
    return visitor
  }

  /** Ends them in the transaction given; their streams are closed once that is stored. */
  async function endAll(tx: Scope, which: { keyId: string } | { secretId: string } | { id: string }): Promise<number> {
    const open = await sessionRows.find(tx, { ...which, endedAt: null })
    const ended = await sessionRows.update(tx, { ...which, endedAt: null }, { endedAt: new Date(edge.now()) })
    tx.afterCommit(() => {
      for (const { id, visitorId } of open) void facts.tell('session-ended', { sessionId: id, visitorId })
    })
    return ended
  }

  return {
    async start(scope, app, { via, key }, proof) {
      const now = edge.now()
      const how = { appId: app.id, via, keyId: key?.id ?? null, env: key?.env ?? ('live' as const) }
      const begun = await scope.transaction(async (tx) => {
        if (proof) await identities.hold(tx, proof)
        const visitor = proof
          ? await visitorOfSubject(tx, app.id, proof, new Date(now))
          : await someoneNew(tx, app.id, new Date(now))
        return begin(tx, { ...how, visitorId: visitor.id }, proof, now)
      })
      return presentStarted(begun.token, begun.session, app, now)
    },

    identify: (scope, app, proof, token) =>
      scope.transaction(async (tx) => {
        if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'No session')
        const now = edge.now()
        // Before the session: whoever revokes the secret takes hold of them in this order.
        await identities.hold(tx, proof)
        const session = await sessionRows.one(tx, { id: scope.actor.sessionId, endedAt: null }, { lock: true })
        // Another tab was faster: what there was to bring along has gone with it.
        if (!session) throw new Fault('unauthenticated', 'The session is not known here')
        const visitor = await visitorOfSubject(tx, app.id, proof, new Date(now))
        if (session.visitorId === visitor.id) {
          const expiresAt = new Date(Math.min(now + VERIFIED_MS, session.createdAt.getTime() + ABSOLUTE_MS))
          const again = { secretId: proof.secretId, seenAt: new Date(now), expiresAt }
          await sessionRows.update(tx, { id: session.id }, again)
          return presentStarted(token, { ...session, ...again }, app, now)
        }
        await endAll(tx, { id: session.id })
        if (!session.secretId) {
          await linkMerged(tx, session.visitorId, visitor, new Date(now))
          await merging(tx, session.visitorId, visitor.id)
        }
        const begun = await begin(tx, { ...session, visitorId: visitor.id }, proof, now)
        return presentStarted(begun.token, begun.session, app, now)
      }),

    async end(scope) {
      if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'No session')
      const { sessionId, visitorId } = scope.actor
      await scope.em.nativeUpdate(Sessions, { id: sessionId, endedAt: null }, { endedAt: new Date(edge.now()) })
      await facts.tell('session-ended', { sessionId, visitorId })
    },

    async endOfKey(tx, keyId) {
      await endAll(tx, { keyId })
    },

    async endOfSecret(tx, secretId) {
      await endAll(tx, { secretId })
    },

    async anonymousOf(sessionIds) {
      const found = await sessionRows.find(acrossTenants(db, log), { id: sessionIds, secretId: null, via: 'page' })
      return found.map((it) => it.id)
    },

    async endedOf(sessionIds) {
      const good = await sessionRows.find(acrossTenants(db, log), { id: sessionIds, endedAt: null })
      const known = new Set(good.map((it) => it.id))
      return sessionIds.filter((id) => !known.has(id))
    },

    async find(token) {
      if (!tokenShape.test(token)) throw new Fault('unauthenticated', 'A session token is needed')
      const everywhere = acrossTenants(db, log)
      const row = await sessionRows.one(everywhere, { tokenHash: hashOf(token) })
      if (!row || row.endedAt) throw new Fault('unauthenticated', 'The session is not known here')
      const now = edge.now()
      if (row.expiresAt.getTime() <= now) throw new Fault('session_expired', 'The session has expired')
      if (now - row.seenAt.getTime() > SEEN_EVERY_MS) {
        // Use is no proof: a verified one lives on by another token only.
        const expiresAt = new Date(Math.min(now + IDLE_MS, row.createdAt.getTime() + ABSOLUTE_MS))
        const seen = { seenAt: new Date(now), ...(row.secretId ? {} : { expiresAt }) }
        await sessionRows.update(everywhere, { id: row.id }, seen)
      }
      return row
    },
  }
}
