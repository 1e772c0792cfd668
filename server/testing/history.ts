/**
 * What clients saw, held against what the store has, in the manner of Jepsen (https://jepsen.io/analyses): clients write down
 * what they do and what they are told; afterwards every line must have an explanation.
 */
import { type ErrorCode, isFault, type Posted, type StreamEvent } from '@aside/protocol'
import { acrossTenants, createLog } from '../platform/index.ts'
import type { Beside } from './beside.ts'
import type { Reading, ReadOptions, Visitor } from './people.ts'

/** `ok`: acknowledged. `fail`: refused, so it never happened. `info`: nobody knows. */
export type Phase = 'invoke' | 'ok' | 'fail' | 'info'

export type Entry =
  | {
      op: 'send'
      client: string
      phase: Phase
      conversationId: string
      clientId: string
      text: string
      messageId?: string
      /** Why it was refused, or what is not known. */
      code?: ErrorCode
    }
  | { op: 'recv'; client: string; visitorId: string; event: StreamEvent }
  | { op: 'kill' | 'start' | 'cut'; client: 'nemesis' }

export interface StoredMessage {
  id: string
  conversationId: string
  seq: number
  author: string
  status: string
  text: string
  clientId: string | null
  attempt: number | null
}

/** The store once everything is quiet. */
export interface StoredFacts {
  messages: StoredMessage[]
  turns: { id: string; messageId: string; clientId: string | null; status: string; attempt: number }[]
  events: { visitorId: string; seq: number; name: string; payload: string }[]
  /** What the store itself finds wrong with its file. */
  damage: string[]
}

export interface History {
  readonly entries: Entry[]
  /**
   * Posts until it is acknowledged, always with the same `clientId`. Undefined where it was refused for good, or `signal` said
   * that it is over.
   */
  send(client: string, visitor: Visitor, message: Sending, signal?: AbortSignal): Promise<Posted | undefined>
  listen(client: string, visitor: Visitor, options?: ReadOptions): Reading
  note(op: 'kill' | 'start' | 'cut'): void
}

export interface Sending {
  conversationId: string
  clientId: string
  text: string
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export function createHistory(): History {
  const entries: Entry[] = []
  return {
    entries,
    note: (op) => void entries.push({ op, client: 'nemesis' }),
    async send(client, visitor, message, signal) {
      const note = (phase: Phase, more: { messageId?: string; code?: ErrorCode } = {}) =>
        void entries.push({ op: 'send', client, phase, ...message, ...more })
      note('invoke')
      for (;;) {
        try {
          const posted = await visitor.post(message.conversationId, message.text, message.clientId)
          note('ok', { messageId: posted.message.id })
          return posted
        } catch (error) {
          if (!isFault(error)) throw error
          // A refusal that may be taken back later did nothing, unlike a connection that broke.
          const isRefusal = error.status >= 400 && error.status < 500
          if (isRefusal && !error.retryable) {
            note('fail', { code: error.code })
            return undefined
          }
          if (!isRefusal) note('info', { code: error.code })
          if (signal?.aborted) return undefined
          await pause(Math.min(error.retryAfterMs ?? 50, 250))
        }
      }
    },
    listen(client, visitor, options = {}) {
      const visitorId = visitor.session.session.visitorId
      return visitor.follow({
        ...options,
        onAny: (event) => void entries.push({ op: 'recv', client, visitorId, event }),
      })
    },
  }
}

/** Reads what `checkHistory` asks for. */
export async function readFacts({ db }: Beside): Promise<StoredFacts> {
  const { em } = acrossTenants(db, createLog('silent'))
  const rows = <T extends object>(text: string) => em.execute<T[]>(text)
  const damage =
    db.kind === 'sqlite'
      ? [
          ...(await rows<{ integrity_check: string }>('pragma integrity_check')).map((it) => it.integrity_check),
          ...(await rows('pragma foreign_key_check')).map((it) => JSON.stringify(it)),
        ].filter((it) => it !== 'ok')
      : []
  return {
    damage,
    messages: await rows(
      `select id, conversation_id as "conversationId", seq, author, status, text, client_id as "clientId", attempt
       from messages order by conversation_id, seq`,
    ),
    turns: await rows(
      'select id, message_id as "messageId", client_id as "clientId", status, attempt from turns order by id',
    ),
    events: await rows(
      'select visitor_id as "visitorId", seq, name, payload from stream_events order by visitor_id, seq',
    ),
  }
}

/** Everything that has no explanation, in words. Empty: nothing was lost, doubled, reordered or left behind. */
export function checkHistory(entries: Entry[], facts: StoredFacts, upstream?: { calls: number }): string[] {
  const problems = [...facts.damage.map((it) => `the store is damaged: ${it}`)]
  for (const it of entries)
    if (it.op === 'send' && it.code === 'internal') problems.push(`${it.clientId}: was answered with a defect`)
  checkSends(entries, facts, problems)
  for (const reader of new Set(entries.flatMap((it) => (it.op === 'recv' ? [it.client] : []))))
    checkReader(reader, entries, facts, problems)
  checkTurns(facts, problems, upstream)
  return problems
}

function checkSends(entries: Entry[], { messages }: StoredFacts, problems: string[]): void {
  const posted = messages.filter((it) => it.author === 'visitor')
  const sends = Map.groupBy(
    entries.filter((it) => it.op === 'send'),
    (it) => `${it.conversationId} ${it.clientId}`,
  )
  for (const row of posted)
    if (!sends.has(`${row.conversationId} ${row.clientId}`)) problems.push(`${row.id}: nobody sent it`)
  for (const [key, tries] of sends) {
    const rows = posted.filter((it) => `${it.conversationId} ${it.clientId}` === key)
    const acknowledged = tries.filter((it) => it.phase === 'ok')
    if (rows.length > 1) problems.push(`${key}: stored ${rows.length} times`)
    if (acknowledged.length > 0 && rows.length === 0) problems.push(`${key}: acknowledged, and lost`)
    if (
      rows.length > 0 &&
      tries.every((it) => it.phase === 'fail' || it.phase === 'invoke') &&
      tries.at(-1)?.phase === 'fail'
    )
      problems.push(`${key}: refused, and stored all the same`)
    for (const it of acknowledged)
      if (rows[0] && (rows[0].id !== it.messageId || rows[0].text !== it.text))
        problems.push(`${key}: acknowledged as ${it.messageId}, stored as ${rows[0].id}`)
  }
}

/** What one reader has of a message: its text in each attempt, as far as it was shown. */
function checkReader(reader: string, entries: Entry[], facts: StoredFacts, problems: string[]): void {
  const logs = Map.groupBy(facts.events, (it) => it.visitorId)
  const stored = new Map(facts.messages.map((it) => [it.id, it]))
  const shown = new Map<string, { attempt: number; text: string }>()
  let seq: number | undefined
  for (const entry of entries) {
    if (entry.op !== 'recv' || entry.client !== reader) continue
    const { event, visitorId } = entry
    if (event.name === 'session-ready') seq ??= seqOf(event.payload.cursor)
    else if (event.name === 'stream-reset') seq = seqOf(event.payload.cursor)
    else if (event.id !== undefined) {
      const next = seqOf(event.id)
      if (next !== (seq ?? next - 1) + 1) problems.push(`${reader}: ${next} came after ${seq}`)
      seq = next
      const row = logs.get(visitorId)?.find((it) => it.seq === next)
      if (row?.name !== event.name || row.payload !== JSON.stringify(event.payload))
        problems.push(`${reader}: was told ${event.name} as ${next}, the log has ${row?.name ?? 'nothing'}`)
    }
    const problem = showText(shown, event)
    if (problem) problems.push(`${reader}: ${problem}`)
  }
  for (const [id, { attempt, text }] of shown) {
    const message = stored.get(id)
    if (!message) problems.push(`${reader}: was shown ${id}, which is not stored`)
    if (!message || message.attempt !== attempt || message.status === 'superseded') continue
    // What a crash cut off within the last moments was shown and not yet stored.
    const isLost = message.status === 'interrupted' && text.startsWith(message.text)
    if (!message.text.startsWith(text) && !isLost) problems.push(`${reader}: was shown another text of ${id}`)
  }
}

const seqOf = (cursor: string) => Number(cursor.slice(cursor.lastIndexOf('-') + 1))

/** Returns what is wrong with it. */
function showText(shown: Map<string, { attempt: number; text: string }>, event: StreamEvent): string | undefined {
  if (event.name === 'message-start') {
    const { id, attempt = 1 } = event.payload.message
    // Told again after a break: what a snapshot has shown of this attempt stays.
    if (shown.get(id)?.attempt !== attempt) shown.set(id, { attempt, text: '' })
    return undefined
  }
  if (event.name === 'message-snapshot') {
    const { messageId, attempt, text } = event.payload
    const before = shown.get(messageId)
    if (before && before.attempt > attempt) return `${messageId} fell back to attempt ${attempt}`
    if (before?.attempt === attempt && !text.startsWith(before.text)) return `${messageId} took text back`
    shown.set(messageId, { attempt, text })
    return undefined
  }
  if (event.name !== 'message-delta') return undefined
  const { messageId, offset, text } = event.payload
  const before = shown.get(messageId)
  if (!before || offset > before.text.length) return `${messageId} has a gap before ${offset}`
  if (offset === before.text.length) before.text += text
  else return `${messageId} was told ${offset} again`
  return undefined
}

function checkTurns({ messages, turns }: StoredFacts, problems: string[], upstream?: { calls: number }): void {
  for (const turn of turns) {
    if (turn.status === 'queued' || turn.status === 'running') problems.push(`${turn.id}: left ${turn.status}`)
    if (turn.attempt > 2) problems.push(`${turn.id}: tried ${turn.attempt} times`)
  }
  for (const it of messages) {
    if (it.status === 'streaming') problems.push(`${it.id}: left streaming`)
    const own = turns.filter((turn) => turn.messageId === it.id && turn.clientId === null)
    if (it.author === 'visitor' && own.length !== 1) problems.push(`${it.id}: has ${own.length} turns`)
  }
  const attempts = turns.reduce((sum, it) => sum + it.attempt, 0)
  if (upstream && upstream.calls > attempts)
    problems.push(`the model was asked ${upstream.calls} times in ${attempts} attempts`)
}
