/** What the server says by itself, over `GET /v1/events`. Lifecycles are `start | delta | end`. */
import * as v from 'valibot'
import { ErrorBody } from './errors.ts'
import { Cursor, id } from './ids.ts'
import { Author, Conversation, Message, Settings, Turn } from './resources.ts'

/** Apart from `events`, so that a browser can tell names without loading schemas. */
const eventNames = [
  'session-ready',
  'message-start',
  'message-delta',
  'message-snapshot',
  'message-end',
  'message-updated',
  'conversation-updated',
  'read-updated',
  'typing-updated',
  'config-updated',
  'stream-reset',
  'error',
] as const
export type EventName = (typeof eventNames)[number]
export const isEventName = (name: string): name is EventName => (eventNames as readonly string[]).includes(name)

/**
 * `durable` events are rows: they carry an id, are replayed after a break, and are told exactly once.
 * The others are gone with the moment, and nothing durable depends on them.
 */
export const events = {
  /** First on every stream. Its id is where the stream stands. */
  'session-ready': { durable: false, payload: v.object({ protocolVersion: v.number(), cursor: Cursor }) },
  /** An answer begins, from nothing: text shown for an earlier attempt of this message is dropped. */
  'message-start': { durable: true, payload: v.object({ message: Message, turn: Turn }) },
  /** More of an answer. It fits where `offset` (UTF-16 code units) is the length of the text so far, and nowhere else. */
  'message-delta': {
    durable: false,
    payload: v.object({ messageId: id('message'), offset: v.number(), text: v.string() }),
  },
  /** The text so far of an answer that is still running: replaces what was there. */
  'message-snapshot': {
    durable: false,
    payload: v.object({ messageId: id('message'), attempt: v.number(), text: v.string() }),
  },
  /** An answer has ended, with its final state. The whole message: it replaces what was there. */
  'message-end': { durable: true, payload: v.object({ message: Message, turn: Turn }) },
  /** A message is new or changed: insert or replace it. */
  'message-updated': { durable: true, payload: v.object({ message: Message }) },
  /** A conversation is new or changed. Without an id where only the place in the queue moved. */
  'conversation-updated': { durable: true, payload: v.object({ conversation: Conversation }) },
  /** Somebody has read on: what changes of the conversation. */
  'read-updated': {
    durable: true,
    payload: v.object({
      conversationId: id('conversation'),
      readSeq: v.number(),
      seenSeq: v.number(),
      unread: v.number(),
    }),
  },
  /** Somebody is writing: said again every few seconds, and over six seconds after it was said last. */
  'typing-updated': { durable: false, payload: v.object({ conversationId: id('conversation'), author: Author }) },
  /** Another configuration is live for this visitor: what the widget shows and says from now on. */
  'config-updated': { durable: false, payload: v.object({ settings: Settings }) },
  /** The cursor was not found in the log: fetch the state again, it goes on from `cursor`. */
  'stream-reset': {
    durable: false,
    payload: v.object({ reason: v.picklist(['expired', 'unknown', 'epoch']), cursor: Cursor }),
  },
  /** The stream ends after this. */
  error: { durable: false, payload: ErrorBody },
} as const satisfies Record<EventName, { durable: boolean; payload: v.GenericSchema }>

export type EventPayload<N extends EventName> = v.InferOutput<(typeof events)[N]['payload']>
export type StreamEvent = { [N in EventName]: { name: N; id?: string; payload: EventPayload<N> } }[EventName]
export type DurableEvent = {
  [N in EventName]: (typeof events)[N]['durable'] extends true ? { name: N; payload: EventPayload<N> } : never
}[EventName]
