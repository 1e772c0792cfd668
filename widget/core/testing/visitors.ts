/** The visitors of the testing peer: anonymous ones, and those a token names, who may come back. */
import type { ServerResponse } from 'node:http'
import {
  type Conversation,
  type ErrorCode,
  idPrefixes,
  type IdKind,
  type Message,
  PROTOCOL_VERSION,
} from '@aside/protocol'
import { settings } from './settings.ts'

export interface Visitor {
  id: string
  /** Of one who has signed in. */
  sub?: string
  conversations: Conversation[]
  messages: Message[]
  log: { seq: number; frame: string }[]
  running: Map<string, { attempt: number; text: string }>
  streams: Set<ServerResponse>
}

let counter = 0
export const mint = (kind: IdKind) => `${idPrefixes[kind]}_${(++counter).toString(36).padStart(26, '0')}`
export const nowIso = () => new Date(Date.UTC(2026, 0, 1) + ++counter).toISOString()

export class Refusal extends Error {
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, retryAfterMs?: number) {
    super(code)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/** A token here is a JWT whose signature nobody looks at. */
function subjectOf(token: unknown): string | undefined {
  if (token === undefined) return undefined
  const { sub, exp } = JSON.parse(atob(String(token).split('.')[1] ?? ''))
  if (exp < 0) throw new Refusal('identity_invalid')
  return sub
}

export function createVisitors() {
  const visitors = new Map<string, Visitor>()
  const gone = new Set<Visitor>()
  return {
    /** Those who have a session. */
    all: () => [...visitors.values()],
    find: (token: string) => visitors.get(token),
    start(identity: unknown) {
      const sub = subjectOf(identity)
      const token = `token-${++counter}`
      const known = sub === undefined ? undefined : [...visitors.values(), ...gone].find((it) => it.sub === sub)
      const lists = { conversations: [], messages: [], log: [], running: new Map(), streams: new Set<ServerResponse>() }
      const visitor = known ?? { id: mint('visitor'), ...(sub === undefined ? {} : { sub }), ...lists }
      visitors.set(token, visitor)
      const at = nowIso()
      const ids = { id: mint('session'), visitorId: visitor.id, appId: settings.appId }
      return {
        token,
        session: { ...ids, createdAt: at, expiresAt: at },
        settings,
        protocolVersion: PROTOCOL_VERSION,
      }
    },
    end(token: string) {
      const visitor = visitors.get(token)
      visitors.delete(token)
      if (!visitor) return
      gone.add(visitor)
      visitor.streams.forEach((it) => it.destroy())
    },
    /** As after a loss of all sessions: the visitors are there, their tokens are refused. */
    forget() {
      for (const visitor of visitors.values()) gone.add(visitor)
      visitors.clear()
    },
  }
}

export function newConversation(clientId: string): Conversation {
  const at = nowIso()
  const state = { title: '', status: 'open', handledBy: 'assistant', epoch: 0 } as const
  const marks = { lastSeq: 0, readSeq: 0, seenSeq: 0, unread: 0 }
  return { id: mint('conversation'), clientId, ...state, ...marks, createdAt: at, updatedAt: at }
}
