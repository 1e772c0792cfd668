import { Fault } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import { type ConversationRow, messageRows, type TurnRow } from './entities.ts'
import { presentMessage } from './present.ts'
import { withUnread } from './reading.ts'

/** The last question, and what it was answered, leave the thread: its visitor says it anew. */
export async function withdraw(
  tx: Scope,
  streams: Streams,
  conversation: ConversationRow,
  active: TurnRow[],
  questionId: string,
): Promise<ConversationRow> {
  const { id: conversationId, visitorId } = conversation
  const last = await messageRows.one(
    tx,
    { conversationId, author: 'visitor', status: 'sent' },
    { orderBy: { seq: 'desc' } },
  )
  if (last?.id !== questionId) throw new Fault('conflict', 'Only the last question can be said anew')
  if (active.length > 0) throw new Fault('conflict', 'It is being answered: stop that first')
  if (conversation.handledBy !== 'assistant') throw new Fault('conflict', 'A person has read it')
  const answers = await messageRows.find(tx, { conversationId, replyTo: last.id, status: { not: 'superseded' } })
  for (const row of [last, ...answers]) {
    await messageRows.update(tx, { id: row.id }, { status: 'superseded' })
    const message = presentMessage({ ...row, status: 'superseded' })
    await streams.append(tx, visitorId, { name: 'message-updated', payload: { message } })
  }
  const counted = await withUnread(tx, conversation)
  // The title is how the first question begins: what was withdrawn is not to be read there.
  const first = await messageRows.one(tx, { conversationId, author: 'visitor', status: 'sent' })
  return first ? counted : { ...counted, title: '' }
}

/** The answers a regenerated question had: they leave the thread when the new one begins, not before. */
export async function supersede(
  tx: Scope,
  streams: Streams,
  conversation: ConversationRow,
  turn: TurnRow,
): Promise<ConversationRow> {
  const old = await messageRows.find(tx, {
    conversationId: conversation.id,
    replyTo: turn.messageId,
    author: 'assistant',
    status: { not: 'superseded' },
  })
  for (const row of old) {
    await messageRows.update(tx, { id: row.id }, { status: 'superseded' })
    await streams.append(tx, conversation.visitorId, {
      name: 'message-updated',
      payload: { message: presentMessage({ ...row, status: 'superseded' }) },
    })
  }
  return withUnread(tx, conversation)
}
