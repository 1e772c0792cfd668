import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type {
  Attachment,
  Author,
  Citation,
  ErrorCode,
  Feedback,
  FinishReason,
  MessageStatus,
  PageContext,
  Rating,
  ToolCall,
  ToolDefinition,
  TurnStatus,
  Usage,
} from '@aside/protocol'
import type { Reckoning } from '../limits/index.ts'
import { rowsOf } from '../platform/index.ts'

/** What can be done after an answer: one of these said, a message left. */
export interface Offers {
  replies?: string[]
  leave?: true
}

export const Conversations = defineEntity({
  name: 'Conversation',
  tableName: 'conversations',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    visitorId: p.text(),
    clientId: p.text().nullable(),
    title: p.text(),
    status: p.text().$type<'open' | 'closed'>(),
    handledBy: p.text().$type<'assistant' | 'agent' | 'nobody'>(),
    epoch: p.integer(),
    lastSeq: p.integer(),
    /** How far its visitor has read, and how far the other side. */
    readSeq: p.integer().default(0),
    seenSeq: p.integer().default(0),
    /** Answers after `readSeq`. */
    unread: p.integer().default(0),
    preview: p.json<{ author: Author; text: string }>().nullable(),
    rating: p.json<Rating>().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
})

/** Arguments and result as JSON in text: in the order they came in, and whatever characters are in them. */
export interface StoredCall extends Pick<ToolCall, 'id' | 'name' | 'status'> {
  /** What the model calls it: another answer's may be called the same. */
  modelId: string
  arguments: string
  result?: string
}

export const Messages = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    conversationId: p.text(),
    seq: p.integer(),
    author: p.text().$type<Author>(),
    status: p.text().$type<MessageStatus>(),
    /** Of a running answer: as of the last checkpoint. */
    text: p.text(),
    clientId: p.text().nullable(),
    replyTo: p.text().nullable(),
    attempt: p.integer().nullable(),
    citations: p.json<Citation[]>(),
    finishReason: p.text().$type<FinishReason>().nullable(),
    usage: p.json<Usage>().nullable(),
    errorCode: p.text().$type<ErrorCode>().nullable(),
    feedback: p.json<Feedback>().nullable(),
    /** What is shown of them; the files themselves are rows of their own. */
    attachments: p.json<Attachment[]>().nullable(),
    offers: p.json<Offers>().nullable(),
    /** Of a question: what the page said of where its visitor was. */
    context: p.json<PageContext>().nullable(),
    /** Of a question: what the page could do for the assistant. */
    tools: p.json<ToolDefinition[]>().nullable(),
    /** Of an answer: what it wants the page to do. */
    toolCalls: p.json<StoredCall[]>().nullable(),
    createdAt: p.datetime(),
  },
})

export const Turns = defineEntity({
  name: 'Turn',
  tableName: 'turns',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    visitorId: p.text(),
    conversationId: p.text(),
    messageId: p.text(),
    answerId: p.text().nullable(),
    /** Of a regeneration: the client's own id for it. */
    clientId: p.text().nullable(),
    /** How often the page did something for the same question before it. */
    round: p.integer().default(0),
    status: p.text().$type<TurnStatus>(),
    attempt: p.integer(),
    /** The conversation's epoch when the turn was queued; in another one it may not write. */
    epoch: p.integer(),
    /** The process that runs it, whose lease lies in `processes`. */
    owner: p.text().nullable(),
    model: p.text().nullable(),
    /** The number of the configuration it was answered with, so that the results of two can be told apart. */
    config: p.integer().nullable(),
    /** How it is counted when it ends: null where it uses no tokens. */
    reckoning: p.json<Reckoning>().nullable(),
    errorCode: p.text().$type<ErrorCode>().nullable(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
  },
})

/** What an answer was given to rest on, whole, as it was then: sources may change, the answer's grounds do not. */
export const Grounds = defineEntity({
  name: 'Grounds',
  tableName: 'grounds',
  properties: {
    messageId: p.text().primary(),
    tenantId: p.text(),
    passages: p.json<{ citation: Citation; text: string }[]>(),
  },
})

/** The running processes, each with one lease for all the turns it runs. */
export const Processes = defineEntity({
  name: 'Process',
  tableName: 'processes',
  properties: { id: p.text().primary(), leaseUntil: p.datetime() },
})

/** Pieces of running answers, as JSON: `[messageId, attempt, offset, text][]`. Gone again a moment after their answers have ended. */
export const Drafts = defineEntity({
  name: 'Draft',
  tableName: 'drafts',
  properties: {
    owner: p.text().primary(),
    number: p.integer().primary(),
    pieces: p.text(),
  },
})

export type ConversationRow = InferEntity<typeof Conversations>
export type MessageRow = InferEntity<typeof Messages>
export type TurnRow = InferEntity<typeof Turns>

export const conversationRows = rowsOf(Conversations)
export const messageRows = rowsOf(Messages)
export const turnRows = rowsOf(Turns)
export const groundsRows = rowsOf(Grounds)
