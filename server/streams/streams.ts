import * as v from 'valibot'
import { createSession } from 'better-sse'
import type { Context } from 'koa'
import { type DurableEvent, events as contract, Fault, PROTOCOL_VERSION, type StreamEvent } from '@aside/protocol'
import { acrossTenants, type Actor, type Db, type Edge, type Log, type Scope } from '../platform/index.ts'
import { BoundedConnection, type ConnectionLimits } from './connection.ts'
import { openEventLog, startAt } from './event-log.ts'
import { createNeighbours } from './neighbours.ts'
import { encode, Reader, type Topic } from './reader.ts'
import type { RunningText } from './running-text.ts'
import { createTexts } from './texts.ts'

export interface StreamLimits extends ConnectionLimits {
  heartbeatMs: number
  /** A connection is closed after this long, give or take a fifth, so that no two servers drift apart. */
  maxAgeMs: number
  perSession: number
  /** How long durable events can be replayed. */
  keepMs: number
  /** On Postgres other processes write to the log too: how often it is asked how far it goes. */
  pollMs: number
}

export const streamLimits: StreamLimits = {
  bufferBytes: 512 * 1024,
  stallMs: 15_000,
  heartbeatMs: 15_000,
  maxAgeMs: 600_000,
  perSession: 4,
  keepMs: 3 * 86_400_000,
  pollMs: 1_000,
}

export interface Streams {
  /**
   * Appends events to the visitor's log in the caller's transaction; readers get them once it is committed. Returns where the
   * stream stands then.
   */
  append(scope: Scope, visitorId: string, ...events: DurableEvent[]): Promise<string>
  /** Takes what was said of a conversation out of a visitor's log: it is not theirs any more. */
  forget(scope: Scope, visitorId: string, conversationId: string): Promise<void>
  /** Tells who listens to this process now. Nothing is kept. */
  tell(visitorId: string, event: StreamEvent): void
  /** Tells who listens now, to whichever process on the store. Nothing is kept, and nothing is said twice. */
  tellEverywhere(visitorId: string, event: StreamEvent): void
  /** Where the visitor's stream stands. */
  cursor(scope: Scope, visitorId: string): Promise<string>
  /**
   * Opens the running text of an answer, as soon as that is begun; nobody is told of it before it is shown, nor after the answer's
   * `message-end`. Whoever opens it closes it.
   */
  openText(visitorId: string, messageId: string, attempt: number): RunningText
  /** The running texts of these messages are another visitor's now. */
  moveTexts(messageIds: string[], to: string): void
  /** Makes this request the visitor's stream. Throws `too_many_streams`. */
  open(scope: Scope, ctx: Context, after: string | undefined): Promise<void>
  endSession(sessionId: string, visitorId: string): void
  /** Who listens now. */
  listening(): { visitorId: string; appId: string; sessionIds: string[] }[]
  readers(): number
  /** Ends every stream, telling clients to come back at their own pace within `spreadMs`. */
  close(spreadMs: number): void
}

export async function createStreams(parts: {
  db: Db
  edge: Edge
  log: Log
  strict: boolean
  limits?: Partial<StreamLimits>
}): Promise<Streams> {
  const { db, edge, log, strict } = parts
  const limits = { ...streamLimits, ...parts.limits }
  const eventLog = await openEventLog(parts)
  const topics = new Map<string, Topic>()
  /** By session: streams that are just being opened. They count already. */
  const opening = new Map<string, number>()
  let readers = 0
  let closed = false

  function topicOf(visitorId: string): Topic {
    let topic = topics.get(visitorId)
    if (!topic) topics.set(visitorId, (topic = { visitorId, readers: new Set(), texts: new Map() }))
    return topic
  }

  function release(topic: Topic): void {
    if (topic.readers.size > 0 || topic.texts.size > 0) return
    if (topics.get(topic.visitorId) === topic) topics.delete(topic.visitorId)
    texts.forget(topic)
  }

  const texts = createTexts({ topicOf, release })

  function check(event: StreamEvent): void {
    if (strict) v.parse(contract[event.name].payload, event.payload)
  }

  /** Answers the request with a stream, and makes it a reader. Undefined where it has gone meanwhile. */
  async function enter(
    scope: Scope,
    ctx: Context,
    { visitorId, appId, sessionId, endsAt = Infinity }: Extract<Actor, { kind: 'visitor' }>,
    after: string | undefined,
  ): Promise<Reader | undefined> {
    const head = await eventLog.head(scope, visitorId)
    const place = startAt(after ?? ctx.get('Last-Event-ID'), eventLog.epoch, head)

    const connection = new BoundedConnection(ctx.res, limits, {
      'X-Request-Id': String(ctx.state['requestId']),
      ...corsOf(ctx),
    })
    ctx.respond = false
    ctx.res.statusCode = 200
    const session = await createSession(connection, {
      trustClientEventId: false,
      keepAlive: limits.heartbeatMs,
      retry: 1_000,
    })
    // Not before: while the stream was being opened, the topic may have been let go.
    const topic = topicOf(visitorId)
    const reader = new Reader({
      topic,
      log: eventLog,
      ended: texts.end,
      scope: acrossTenants(db, log).of(scope.tenantId),
      connection,
      session,
      sessionId,
      appId,
      cursor: place.seq,
      head,
      // Cut with the session, should that end sooner.
      openedAt: Math.min(edge.now() - (Math.random() - 0.5) * 0.4 * limits.maxAgeMs, endsAt - limits.maxAgeMs),
    })
    session.once('disconnected', () => {
      if (topic.readers.delete(reader)) readers--
      release(topic)
    })
    if (!session.isConnected || ctx.res.destroyed) {
      connection.cut()
      release(topic)
      return undefined
    }
    topic.readers.add(reader)
    readers++
    reader.write({
      name: 'session-ready',
      payload: { protocolVersion: PROTOCOL_VERSION, cursor: eventLog.cursorAt(place.seq) },
    })
    if (place.reset) reader.reset(place.reset, place.seq)
    return reader
  }

  function tell(visitorId: string, event: StreamEvent): void {
    const topic = topics.get(visitorId)
    if (!topic || topic.readers.size === 0) return
    const chunk = encode(event)
    for (const reader of topic.readers) reader.tell(chunk)
  }
  const neighbours = createNeighbours({ db, log, hear: tell })

  const sweep = setInterval(
    () => {
      const now = edge.now()
      for (const topic of topics.values())
        for (const reader of topic.readers) if (now - reader.openedAt > limits.maxAgeMs) reader.connection.end()
    },
    Math.min(5_000, limits.maxAgeMs / 4),
  ).unref()
  /** Whatever was not told here, another process wrote: one query for everybody who listens. */
  async function poll(): Promise<void> {
    const listening = [...topics.values()].filter((topic) => topic.readers.size > 0)
    if (listening.length === 0) return
    const heads = await eventLog.heads(listening.map((topic) => topic.visitorId))
    for (const topic of listening) for (const reader of topic.readers) reader.reachTo(heads.get(topic.visitorId) ?? 0)
  }
  let polling = false
  const poller =
    db.kind === 'postgres' &&
    setInterval(() => {
      if (polling) return
      polling = true
      poll()
        .catch((error: unknown) => log.warn('poll-failed', { reason: String(error) }))
        .finally(() => (polling = false))
    }, limits.pollMs).unref()
  const forget = setInterval(
    () =>
      void eventLog
        .forget(limits.keepMs)
        .catch((error: unknown) => log.warn('forget-failed', { reason: String(error) })),
    3_600_000,
  ).unref()

  return {
    async append(scope, visitorId, ...events) {
      for (const event of events) check(event)
      const logged = await eventLog.append(scope, visitorId, events)
      scope.afterCommit(() => {
        // Told whole, it is a running text no more: not even for who catches up just now.
        for (const { event } of logged) if (event.name === 'message-end') texts.end(event.payload.message.id)
        const topic = topics.get(visitorId)
        if (!topic || topic.readers.size === 0) return
        const chunks = logged.map(({ seq, event }) => encode(event, eventLog.cursorAt(seq)))
        for (const reader of topic.readers) reader.deliver(logged, chunks)
      })
      return eventLog.cursorAt(logged.at(-1)?.seq ?? 0)
    },

    async forget(scope, visitorId, conversationId) {
      await scope.sql('delete from stream_events where tenant_id = ? and visitor_id = ? and payload like ?', [
        visitorId,
        `%${conversationId}%`,
      ])
    },

    tell(visitorId, event) {
      check(event)
      tell(visitorId, event)
    },

    tellEverywhere(visitorId, event) {
      check(event)
      tell(visitorId, event)
      neighbours.tell(visitorId, event)
    },

    async cursor(scope, visitorId) {
      return eventLog.cursorAt(await eventLog.head(scope, visitorId))
    },

    openText: (visitorId, messageId, attempt) => texts.open(visitorId, messageId, attempt),

    moveTexts(messageIds, to) {
      for (const id of messageIds) texts.move(id, to)
    },

    async open(scope, ctx, after) {
      const { actor } = scope
      if (actor.kind !== 'visitor') throw new Fault('unauthenticated', 'A session token is needed')
      if (closed) throw new Fault('shutting_down', 'The server is restarting; come back', { retryAfterMs: 1_000 })
      const { visitorId, sessionId } = actor
      const mine = [...(topics.get(visitorId)?.readers ?? [])].filter((it) => it.sessionId === sessionId).length
      const begun = opening.get(sessionId) ?? 0
      if (mine + begun >= limits.perSession)
        throw new Fault('too_many_streams', 'Too many open streams in this session', { retryAfterMs: 2_000 })
      opening.set(sessionId, begun + 1)
      let reader: Reader | undefined
      try {
        reader = await enter(scope, ctx, actor, after)
      } finally {
        const left = (opening.get(sessionId) ?? 1) - 1
        if (left > 0) opening.set(sessionId, left)
        else opening.delete(sessionId)
      }
      await reader?.catchUp()
    },

    endSession(sessionId, visitorId) {
      for (const reader of topics.get(visitorId)?.readers ?? [])
        if (reader.sessionId === sessionId) reader.connection.end()
    },

    listening: () =>
      [...topics.values()]
        .filter((topic) => topic.readers.size > 0)
        .map(({ visitorId, readers: reading }) => ({
          visitorId,
          appId: [...reading][0]!.appId,
          sessionIds: [...new Set([...reading].map((it) => it.sessionId))],
        })),

    readers: () => readers,

    close(spreadMs) {
      closed = true
      clearInterval(sweep)
      clearInterval(forget)
      if (poller) clearInterval(poller)
      for (const topic of topics.values())
        for (const reader of topic.readers) {
          reader.connection.sendChunk(`retry:${1_000 + Math.floor(Math.random() * spreadMs)}\n\n`)
          reader.connection.end()
        }
    },
  }
}

const corsOf = (ctx: Context): Record<string, string> => {
  const origin = ctx.response.get('Access-Control-Allow-Origin')
  return { Vary: 'Origin', ...(origin ? { 'Access-Control-Allow-Origin': origin } : {}) }
}
