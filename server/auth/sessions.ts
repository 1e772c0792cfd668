import { createHash, randomBytes } from 'node:crypto'
import { Fault, PROTOCOL_VERSION, type SessionStarted } from '@aside/protocol'
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
import { type LiveApp, presentSettings } from '../tenancy/index.ts'
import { type SessionRow, Sessions, Visitors } from './entities.ts'
import { presentSession } from './present.ts'

const sessionRows = rowsOf(Sessions)
const visitorRows = rowsOf(Visitors)

const DAY_MS = 86_400_000
const IDLE_MS = 30 * DAY_MS
const ABSOLUTE_MS = 180 * DAY_MS
const SEEN_EVERY_MS = 3_600_000

export interface SessionFacts {
  'session-ended': { sessionId: string; visitorId: string }
}

export interface StartedBy {
  via: 'page' | 'backend'
  key?: { id: string; env: 'live' | 'test' } | undefined
}

export interface VisitorSessions {
  /** A new visitor with a session. The token is in the result and nowhere else. */
  start(scope: Scope, app: LiveApp, how: StartedBy, protocolVersion?: number): Promise<SessionStarted>
  end(scope: Scope): Promise<void>
  /** Ends, within the transaction that revokes the key, every session that was started with it. */
  endOfKey(tx: Scope, keyId: string): Promise<void>
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
}

export function createVisitorSessions({ db, edge, log, facts }: Parts): VisitorSessions {
  return {
    async start(scope, app, { via, key }, protocolVersion = PROTOCOL_VERSION) {
      if (protocolVersion < 1) throw new Fault('protocol_too_old', 'This widget is too old for the server')
      const now = edge.now()
      const token = `vst_${randomBytes(32).toString('base64url')}`
      const visitor = { id: newId('visitor'), appId: app.id, createdAt: new Date(now) }
      const session = {
        id: newId('session'),
        appId: app.id,
        visitorId: visitor.id,
        tokenHash: hashOf(token),
        via,
        keyId: key?.id ?? null,
        env: key?.env ?? ('live' as const),
        createdAt: new Date(now),
        seenAt: new Date(now),
        expiresAt: new Date(now + IDLE_MS),
        endedAt: null,
      }
      await scope.transaction(async (tx) => {
        await visitorRows.insert(tx, visitor)
        await sessionRows.insert(tx, session)
      })
      return {
        token,
        session: presentSession(session),
        settings: presentSettings(app, app.configOf(visitor.id).config),
        protocolVersion: PROTOCOL_VERSION,
      }
    },

    async end(scope) {
      if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'No session')
      const { sessionId, visitorId } = scope.actor
      await scope.em.nativeUpdate(Sessions, { id: sessionId, endedAt: null }, { endedAt: new Date(edge.now()) })
      await facts.tell('session-ended', { sessionId, visitorId })
    },

    async endOfKey(tx, keyId) {
      const open = await sessionRows.find(tx, { keyId, endedAt: null })
      await sessionRows.update(tx, { keyId, endedAt: null }, { endedAt: new Date(edge.now()) })
      tx.afterCommit(() => {
        for (const { id, visitorId } of open) void facts.tell('session-ended', { sessionId: id, visitorId })
      })
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
        const expiresAt = new Date(Math.min(now + IDLE_MS, row.createdAt.getTime() + ABSOLUTE_MS))
        await sessionRows.update(everywhere, { id: row.id }, { seenAt: new Date(now), expiresAt })
      }
      return row
    },
  }
}
