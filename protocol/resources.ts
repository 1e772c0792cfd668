/** What visitors see on the wire. */
import * as v from 'valibot'
import { LocalWords, PreChatField, Theme, Words } from './config.ts'
import { errorCodes } from './errors.ts'
import { ClientId, Cursor, id, Instant } from './ids.ts'
import { ToolCall } from './page.ts'

/** Raised when an older client could no longer make sense of what the server says. Exchanged when a session starts. */
export const PROTOCOL_VERSION = 1

export const MAX_MESSAGE_CHARS = 8_000
export const MAX_ATTACHMENTS = 5

/** What the visitor might say next: at most so many, and so long. */
export const MAX_SUGGESTIONS = 4
export const MAX_SUGGESTION_CHARS = 120

export const FinishReason = v.picklist(['stop', 'length', 'content_filter', 'tool_calls'])
export type FinishReason = v.InferOutput<typeof FinishReason>

export const Usage = v.object({ inputTokens: v.number(), outputTokens: v.number() })
export type Usage = v.InferOutput<typeof Usage>

export const Author = v.picklist(['visitor', 'assistant', 'agent', 'system'])
export type Author = v.InferOutput<typeof Author>

/** `sent` for people's messages. The rest is an answer's life; every state but `streaming` is final. */
export const MessageStatus = v.picklist([
  'sent',
  'streaming',
  'completed',
  'stopped',
  'interrupted',
  'failed',
  'superseded',
])
export type MessageStatus = v.InferOutput<typeof MessageStatus>

export const TurnStatus = v.picklist([
  'queued',
  'running',
  'completed',
  'stopped',
  'interrupted',
  'failed',
  'superseded',
])
export type TurnStatus = v.InferOutput<typeof TurnStatus>

/** A passage an answer rests on. In the text it stands as `[number]`. */
export const Citation = v.object({
  number: v.number(),
  sourceId: id('source'),
  /** The document's own title. */
  title: v.string(),
  /** What the document is called among the sources, e.g. `docs/embed.md`. */
  name: v.string(),
  url: v.optional(v.string()),
  headingPath: v.array(v.string()),
  /** The first words of the passage; the whole of it is at `readPassage`. */
  excerpt: v.string(),
})
export type Citation = v.InferOutput<typeof Citation>

export const Passage = v.object({ citation: Citation, text: v.string() })
export type Passage = v.InferOutput<typeof Passage>

/** Why an answer did not help. */
export const FeedbackReason = v.picklist(['wrong', 'incomplete', 'off_topic', 'outdated', 'unclear', 'other'])
export type FeedbackReason = v.InferOutput<typeof FeedbackReason>

/** What the visitor thinks of an answer. */
export const Feedback = v.object({
  rating: v.picklist(['up', 'down']),
  reason: v.optional(FeedbackReason),
  comment: v.optional(v.string()),
})
export type Feedback = v.InferOutput<typeof Feedback>

/** What the visitor thinks of a conversation, from 1 (bad) to 5 (good). */
export const Rating = v.object({ score: v.number(), comment: v.optional(v.string()) })
export type Rating = v.InferOutput<typeof Rating>

/** A file that was sent with a message; its bytes are at `downloadFile`. */
export const Attachment = v.object({
  id: id('file'),
  name: v.string(),
  /** One of `fileTypes`. */
  type: v.string(),
  sizeBytes: v.number(),
})
export type Attachment = v.InferOutput<typeof Attachment>

export const Message = v.object({
  id: id('message'),
  conversationId: id('conversation'),
  /** The order within the conversation: 1, 2, 3 … */
  seq: v.number(),
  author: Author,
  status: MessageStatus,
  /** Markdown, for an answer; plain text, for a visitor. Empty while an answer streams: deltas carry it then. */
  text: v.string(),
  /** In the order they were sent in. Absent: none. */
  attachments: v.optional(v.array(Attachment)),
  clientId: v.optional(ClientId),
  /** The visitor message an answer replies to. */
  replyTo: v.optional(id('message')),
  /** How often this answer was begun. A higher attempt starts from nothing; two are never joined. */
  attempt: v.optional(v.number()),
  citations: v.array(Citation),
  finishReason: v.optional(FinishReason),
  usage: v.optional(Usage),
  /** Why an answer `failed` or was `interrupted`, and whether *Retry* makes sense. */
  error: v.optional(v.object({ code: v.picklist(errorCodes), retryable: v.boolean() })),
  feedback: v.optional(Feedback),
  /** What the visitor might say next. */
  suggestions: v.optional(v.array(v.string())),
  /** Nobody could answer, and this says so: a message can be left. */
  unanswered: v.optional(v.literal(true)),
  /** What the assistant wants the page to do before it goes on. */
  toolCalls: v.optional(v.array(ToolCall)),
  createdAt: Instant,
})
export type Message = v.InferOutput<typeof Message>

export const Turn = v.object({
  id: id('turn'),
  conversationId: id('conversation'),
  /** The visitor message it answers. */
  messageId: id('message'),
  /** The answer, once it was begun. */
  answerId: v.optional(id('message')),
  status: TurnStatus,
  attempt: v.number(),
  /** While queued behind others: 1 is next. */
  place: v.optional(v.number()),
})
export type Turn = v.InferOutput<typeof Turn>

export const Conversation = v.object({
  id: id('conversation'),
  clientId: v.optional(ClientId),
  /** The beginning of the first message; empty until there is one. */
  title: v.string(),
  status: v.picklist(['open', 'closed']),
  handledBy: v.picklist(['assistant', 'agent', 'nobody']),
  /** Raised at every change of `handledBy`; what an older epoch still wants to write is refused. */
  epoch: v.number(),
  lastSeq: v.number(),
  /** The visitor has read up to here, in whichever browser. */
  readSeq: v.number(),
  /** The other side has. */
  seenSeq: v.number(),
  /** Answers after `readSeq`. */
  unread: v.number(),
  preview: v.optional(v.object({ author: Author, text: v.string() })),
  /** The turn that is queued or running. */
  turn: v.optional(Turn),
  rating: v.optional(Rating),
  createdAt: Instant,
  updatedAt: Instant,
})
export type Conversation = v.InferOutput<typeof Conversation>

/** A message that a search found. */
export const Found = v.object({
  conversationId: id('conversation'),
  /** The conversation's. */
  title: v.string(),
  messageId: id('message'),
  seq: v.number(),
  author: Author,
  /** What stands around the first word found, in one line. */
  excerpt: v.string(),
  createdAt: Instant,
})
export type Found = v.InferOutput<typeof Found>

/** The public look and words of an app. Nothing secret is ever in it. */
export const Settings = v.object({
  appId: id('app'),
  name: v.string(),
  protocolVersion: v.number(),
  theme: Theme,
  /** The owner's own, in whatever language; `wordsByLocale` come before them, the widget's own after. */
  words: Words,
  wordsByLocale: v.record(v.string(), LocalWords),
  features: v.object({
    chat: v.boolean(),
    voice: v.boolean(),
    rooms: v.boolean(),
    uploads: v.boolean(),
    handoff: v.boolean(),
    tools: v.boolean(),
    /** Absent: a server from before it. */
    sound: v.optional(v.boolean()),
  }),
  suggestedQuestions: v.array(v.string()),
  preChat: v.array(PreChatField),
  /** Messages can be left, for no question is taken (`off`), or no person is there just now (`closed`). */
  away: v.optional(
    v.object({
      reason: v.picklist(['off', 'closed']),
      /** The owner's own words for it. */
      message: v.optional(v.string()),
    }),
  ),
  /** BCP 47; absent: the visitor's own. */
  locale: v.optional(v.string()),
  maxMessageChars: v.number(),
})
export type Settings = v.InferOutput<typeof Settings>

export const Session = v.object({
  id: id('session'),
  visitorId: id('visitor'),
  appId: id('app'),
  createdAt: Instant,
  /** It lives on while it is used; this is the end if it is not. */
  expiresAt: Instant,
})
export type Session = v.InferOutput<typeof Session>

export const SessionStarted = v.object({
  /** Goes into `Authorization: Bearer`, and nowhere else. */
  token: v.string(),
  session: Session,
  settings: Settings,
  protocolVersion: v.number(),
  /** Absent: nobody has said who the visitor is. The session ends at `expiresAt`, unless it is proven again before. */
  identity: v.optional(v.object({ verified: v.literal(true), expiresAt: Instant })),
})
export type SessionStarted = v.InferOutput<typeof SessionStarted>

export const Posted = v.object({
  message: Message,
  turn: v.optional(Turn),
  /** Follow the stream from here and nothing of the answer is missed. */
  cursor: Cursor,
})
export type Posted = v.InferOutput<typeof Posted>
