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

export interface VisitorSessions {
  /** A new visitor with a session. The token is in the result and nowhere else. */
  start(scope: Scope, app: LiveApp, via: 'page' | 'backend', protocolVersion?: number): Promise<SessionStarted>
  end(scope: Scope): Promise<void>
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
    async start(scope, app, via, protocolVersion = PROTOCOL_VERSION) {
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
        settings: presentSettings(app),
        protocolVersion: PROTOCOL_VERSION,
      }
    },

    async end(scope) {
      if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'No session')
      const { sessionId, visitorId } = scope.actor
      await scope.em.nativeUpdate(Sessions, { id: sessionId, endedAt: null }, { endedAt: new Date(edge.now()) })
      await facts.tell('session-ended', { sessionId, visitorId })
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
