import { type Conversation, errors, type Message, type ToolCall, type Turn } from '@aside/protocol'
import type { ConversationRow, MessageRow, StoredCall, TurnRow } from './entities.ts'

/** What was stored is what a model or a page gave, and is JSON: it was read once before it was stored. */
const presentCall = ({ id, name, status, arguments: given, result }: StoredCall): ToolCall => ({
  id,
  name,
  arguments: JSON.parse(given),
  status,
  ...(result === undefined ? {} : { result: JSON.parse(result) }),
})

export const presentMessage = (row: MessageRow): Message => ({
  id: row.id,
  conversationId: row.conversationId,
  seq: row.seq,
  author: row.author,
  status: row.status,
  // Of a running answer there is none yet: the stream's snapshot brings it.
  text: row.text,
  ...(row.attachments ? { attachments: row.attachments } : {}),
  ...(row.clientId ? { clientId: row.clientId } : {}),
  ...(row.replyTo ? { replyTo: row.replyTo } : {}),
  ...(row.attempt ? { attempt: row.attempt } : {}),
  citations: row.citations,
  ...(row.finishReason ? { finishReason: row.finishReason } : {}),
  ...(row.usage ? { usage: row.usage } : {}),
  ...(row.errorCode ? { error: { code: row.errorCode, retryable: errors[row.errorCode].retryable } } : {}),
  ...(row.feedback ? { feedback: row.feedback } : {}),
  ...(row.offers?.replies?.length ? { suggestions: row.offers.replies } : {}),
  ...(row.offers?.leave ? { unanswered: true } : {}),
  ...(row.toolCalls ? { toolCalls: row.toolCalls.map(presentCall) } : {}),
  createdAt: row.createdAt.toISOString(),
})

export const presentTurn = (row: TurnRow, place?: number): Turn => ({
  id: row.id,
  conversationId: row.conversationId,
  messageId: row.messageId,
  ...(row.answerId ? { answerId: row.answerId } : {}),
  status: row.status,
  attempt: row.attempt,
  ...(place !== undefined && row.status === 'queued' ? { place } : {}),
})

export const presentConversation = (row: ConversationRow, turn?: Turn): Conversation => ({
  id: row.id,
  ...(row.clientId ? { clientId: row.clientId } : {}),
  title: row.title,
  status: row.status,
  handledBy: row.handledBy,
  epoch: row.epoch,
  lastSeq: row.lastSeq,
  readSeq: row.readSeq,
  seenSeq: row.seenSeq,
  unread: row.unread,
  ...(row.preview ? { preview: row.preview } : {}),
  ...(turn ? { turn } : {}),
  ...(row.rating ? { rating: row.rating } : {}),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
