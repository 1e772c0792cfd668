/** One event of the server's stream, folded into the state. Pure. */
import type { EventPayload, Message, StreamEvent } from '@aside/protocol'
import { settled, withConversation, withTurn } from './conversations.ts'
import { covers, following } from './cursor.ts'
import type { Draft, State } from './state.ts'
import { attemptOf, redrawn, withMessage } from './thread.ts'

/**
 * The same state where the event says nothing new: a durable one that was folded in before, a delta that does not fit, a name
 * this version does not know. However the stream was cut, the text of an answer is at all times a beginning of what the server
 * stored, and in the end all of it.
 */
export function fold(state: State, event: StreamEvent): State {
  const { id } = event
  if (covers(state.stream.cursor, id)) return state
  const next = applied(state, event, id ?? following(state.stream.cursor))
  return settled(id === undefined ? next : { ...next, stream: { ...next.stream, cursor: id } })
}

function applied(state: State, event: StreamEvent, at: string | undefined): State {
  switch (event.name) {
    case 'session-ready':
      return state.stream.cursor === undefined
        ? { ...state, stream: { ...state.stream, cursor: event.payload.cursor } }
        : state
    case 'message-start': {
      const { message, turn } = event.payload
      const known = state.stream.drafts[message.id]
      const begun =
        known && known.attempt >= attemptOf(message)
          ? state
          : withDraft(state, message.id, { attempt: attemptOf(message), text: '' })
      return withTurn(told(begun, message, at), turn, at)
    }
    case 'message-delta':
      return withDelta(state, event.payload)
    case 'message-snapshot': {
      const { messageId, attempt, text } = event.payload
      if (isOver(state, messageId) || (state.stream.drafts[messageId]?.attempt ?? 0) > attempt) return state
      return withDraft(state, messageId, { attempt, text })
    }
    case 'message-end': {
      const { message, turn } = event.payload
      const isNews = message.status === 'completed' || message.status === 'interrupted'
      return withTurn(told(isNews ? noticed(state, message) : state, message, at), turn, at)
    }
    case 'message-updated': {
      const { message } = event.payload
      const isNews = message.author === 'agent' && !state.current.messages.some(({ id }) => id === message.id)
      return told(isNews ? noticed(state, message) : state, message, at)
    }
    case 'conversation-updated': {
      const { conversation } = event.payload
      // A place in the queue says nothing about where an unknown conversation belongs in the list.
      const isKnown =
        state.current.id === conversation.id || state.conversations.some(({ id }) => id === conversation.id)
      return event.id === undefined && !isKnown ? state : withConversation(state, conversation, at)
    }
    case 'stream-reset': {
      const { asOf: _, ...current } = state.current
      return { ...state, current, stream: { cursor: event.payload.cursor, drafts: {} } }
    }
    case 'config-updated':
      return { ...state, settings: event.payload.settings }
    default:
      return state
  }
}

const isOver = (state: State, messageId: string): boolean =>
  state.current.messages.some(({ id, status }) => id === messageId && status !== 'streaming')

function noticed(state: State, { conversationId }: Message): State {
  const { visible, current, news } = state
  if (visible && current.id === conversationId) return state
  return {
    ...state,
    unread: visible ? state.unread : Math.min(state.unread + 1, 999),
    news: news.includes(conversationId) ? news : [...news, conversationId],
  }
}

/** A message, durably: in its place, and no longer in the outbox. */
function told(state: State, message: Message, at: string | undefined): State {
  const { current, outbox, stream } = state
  return {
    ...state,
    current: covers(current.asOf, at) ? current : withMessage(current, message, stream.drafts),
    outbox: delivered(outbox, message),
    stream: message.status === 'streaming' ? stream : { ...stream, drafts: without(stream.drafts, message.id) },
  }
}

function without(drafts: Record<string, Draft>, messageId: string): Record<string, Draft> {
  const { [messageId]: _, ...rest } = drafts
  return rest
}

/** The outbox without the message that has arrived. */
export const delivered = (outbox: State['outbox'], { clientId }: Message): State['outbox'] =>
  clientId !== undefined && outbox.some((item) => item.clientId === clientId)
    ? outbox.filter((item) => item.clientId !== clientId)
    : outbox

function withDelta(state: State, { messageId, offset, text }: EventPayload<'message-delta'>): State {
  if (isOver(state, messageId)) return state
  const known = state.stream.drafts[messageId]
  if (known && known.attempt > 0 && offset === known.text.length)
    return withDraft(state, messageId, { attempt: known.attempt, text: known.text + text })
  // Before the end: told before. Past it: something is missing, and only a snapshot can say what.
  if (known && (known.gap || offset < known.text.length)) return state
  return withDraft(state, messageId, { attempt: 0, text: '', ...known, gap: true })
}

function withDraft(state: State, messageId: string, draft: Draft): State {
  const drafts = { ...state.stream.drafts, [messageId]: draft }
  return { ...state, current: redrawn(state.current, messageId, drafts), stream: { ...state.stream, drafts } }
}
