/** The pieces that posting and answering share: finding a conversation, adding a message, telling of both. */
import { type Author, type DurableEvent, Fault } from '@aside/protocol'
import { newId, type Scope } from '../platform/index.ts'
import {
  type ConversationRow,
  conversationRows,
  type MessageRow,
  messageRows,
  type TurnRow,
  turnRows,
} from './entities.ts'
import { plainWords } from './plain-words.ts'
import { presentConversation, presentTurn } from './present.ts'

const own = ({ actor }: Scope) => (actor.kind === 'visitor' ? { visitorId: actor.visitorId } : {})
const missing = () => new Fault('not_found', 'No such conversation')

/** Throws `not_found`: for nobody's conversation, another visitor's and another tenant's alike. */
export async function findConversation(scope: Scope, id: string): Promise<ConversationRow> {
  const row = await conversationRows.one(scope, { id, ...own(scope) })
  if (!row) throw missing()
  return row
}

/** The same, and nobody else changes the thread until this transaction is over: this is what gives it one order. */
export async function lockConversation(tx: Scope, id: string): Promise<ConversationRow> {
  const row = await conversationRows.one(tx, { id, ...own(tx) }, { lock: true })
  if (!row) throw missing()
  return row
}

export const visitorOf = (scope: Scope): { visitorId: string; appId: string } => {
  if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'A session token is needed')
  return scope.actor
}

/** The turns that are queued or running, in the order of the questions they answer: no clock has a say in it. */
export async function activeTurns(scope: Scope, conversationId: string): Promise<TurnRow[]> {
  const turns = await turnRows.find(scope, { conversationId, status: ['queued', 'running'] })
  if (turns.length < 2) return turns
  const questions = await messageRows.find(scope, { id: turns.map((it) => it.messageId) })
  const seqs = new Map(questions.map((it) => [it.id, it.seq]))
  return turns.sort((a, b) => (seqs.get(a.messageId) ?? 0) - (seqs.get(b.messageId) ?? 0))
}

/** An answer right after its question: where several were asked at once, the answers have later places in the thread. */
export function asTold(thread: MessageRow[]): MessageRow[] {
  const places = new Map(thread.map((it) => [it.id, it.seq]))
  const place = (it: MessageRow) => (it.replyTo ? places.get(it.replyTo) : undefined) ?? it.seq
  return thread.sort((a, b) => place(a) - place(b) || a.seq - b.seq)
}

/** One line of at most so many characters, none of them cut in two. */
export const shorten = (text: string, chars: number): string => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= chars
    ? line
    : `${Array.from(line)
        .slice(0, chars - 1)
        .join('')}…`
}

/** What was said last, as a line of a list shows it. A visitor writes plain text. */
export function previewOf(author: Author, said: string): ConversationRow['preview'] {
  const text = shorten(author === 'visitor' ? said : plainWords(said), 120)
  return text === '' ? undefined : { author, text }
}

type NewMessage = Pick<MessageRow, 'author' | 'status' | 'text'> & Partial<MessageRow>

/** Adds a message at the end of a conversation that `lockConversation` gave, in the same transaction. */
export async function addMessage(
  tx: Scope,
  conversation: ConversationRow,
  given: NewMessage,
  now: Date,
): Promise<{ message: MessageRow; conversation: ConversationRow }> {
  // A message may be nothing but its files.
  const said = given.text.trim() === '' ? (given.attachments ?? []).map((it) => it.name).join(', ') : given.text
  const title = conversation.title || (given.author === 'visitor' ? shorten(said, 60) : '')
  const preview = previewOf(given.author, said) ?? conversation.preview
  const seq = conversation.lastSeq + 1
  const unread = conversation.unread + (given.author === 'agent' ? 1 : 0)
  const changed = { lastSeq: seq, title, preview: preview ?? null, unread, updatedAt: now }
  await conversationRows.update(tx, { id: conversation.id }, changed)
  const message: MessageRow = {
    id: newId('message', now.getTime()),
    tenantId: tx.tenantId,
    conversationId: conversation.id,
    seq,
    clientId: null,
    replyTo: null,
    attempt: null,
    citations: [],
    finishReason: null,
    usage: null,
    errorCode: null,
    feedback: null,
    attachments: null,
    offers: null,
    context: null,
    tools: null,
    toolCalls: null,
    createdAt: now,
    ...given,
  }
  const { tenantId: _, ...row } = message
  await messageRows.insert(tx, row)
  return { message, conversation: { ...conversation, ...changed } }
}

export function conversationEvent(conversation: ConversationRow, turn: TurnRow | undefined): DurableEvent {
  return {
    name: 'conversation-updated',
    payload: { conversation: presentConversation(conversation, turn && presentTurn(turn)) },
  }
}
