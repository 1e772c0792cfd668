/** The list of conversations, the open one among them, and the turn it is busy with. */
import type { Conversation, EventPayload, Turn } from '@aside/protocol'
import { covers } from './cursor.ts'
import type { OutboxItem, Running, State } from './state.ts'

/** The one that changed last first. */
export const byActivity = (conversations: readonly Conversation[]): Conversation[] =>
  conversations.toSorted((a, b) => {
    if (a.updatedAt !== b.updatedAt) return a.updatedAt < b.updatedAt ? 1 : -1
    return a.id < b.id ? 1 : -1
  })

/** One in which nothing was said yet is not listed. */
const listable = (conversation: Conversation) => (conversation.lastSeq > 0 ? [conversation] : [])

/** A conversation is new or changed. `at`: as the stream told it there; what was fetched later knows better. */
export function withConversation(state: State, conversation: Conversation, at?: string): State {
  const { conversations, current, outbox, stream } = adopted(state, conversation)
  const others = conversations.filter((it) => it.id !== conversation.id)
  return {
    ...state,
    conversations: covers(stream.listedAt, at) ? conversations : byActivity([...others, ...listable(conversation)]),
    current: current.id === conversation.id && !covers(current.asOf, at) ? { ...current, conversation } : current,
    outbox,
  }
}

/** Somebody has read on; `at` as above. */
export function withMarks(
  state: State,
  { conversationId, ...marks }: EventPayload<'read-updated'>,
  at: string | undefined,
): State {
  const { conversations, current, stream } = state
  const marked = (it: Conversation) => (it.id === conversationId ? { ...it, ...marks } : it)
  const isOlder = !current.conversation || covers(current.asOf, at)
  return {
    ...state,
    conversations: covers(stream.listedAt, at) ? conversations : conversations.map(marked),
    current: isOlder ? current : { ...current, conversation: marked(current.conversation) },
  }
}

/** A conversation begun here has got its id: so do the one on the screen and what waits to be sent to it. */
export function adopted(state: State, { id, clientId }: Conversation): State {
  if (clientId === undefined) return state
  const { current, outbox } = state
  const isNew = (item: OutboxItem) => item.conversationId === undefined && item.conversationClientId === clientId
  return {
    ...state,
    current: current.id === undefined && current.clientId === clientId ? { ...current, id } : current,
    outbox: outbox.some(isNew) ? outbox.map((item) => (isNew(item) ? { ...item, conversationId: id } : item)) : outbox,
  }
}

const isOver = (turn: Turn): boolean => turn.status !== 'queued' && turn.status !== 'running'

function turned(conversation: Conversation, turn: Turn): Conversation {
  if (conversation.id !== turn.conversationId) return conversation
  const { turn: known, ...rest } = conversation
  if (isOver(turn)) return known?.id === turn.id ? rest : conversation
  // One runs at a time. Of those that wait, the oldest comes next: ids are ordered by time.
  const isBehind = known && known.id < turn.id && turn.status === 'queued'
  return isBehind ? conversation : { ...rest, turn }
}

/** A turn has changed; `at` as above. */
export function withTurn(state: State, turn: Turn, at?: string): State {
  const { conversations, current, stream } = state
  const index = covers(stream.listedAt, at) ? -1 : conversations.findIndex(({ id }) => id === turn.conversationId)
  const known = conversations[index]
  const conversation = covers(current.asOf, at) ? undefined : current.conversation
  return {
    ...state,
    conversations: known ? conversations.with(index, turned(known, turn)) : conversations,
    current: conversation ? { ...current, conversation: turned(conversation, turn) } : current,
  }
}

function runningIn({ current: { conversation, messages } }: State): Running | undefined {
  const turn = conversation?.turn
  if (!turn || (turn.status !== 'queued' && turn.status !== 'running')) return undefined
  const { id: turnId, answerId: messageId, status, place } = turn
  const answer = messageId ? messages.findLast(({ id }) => id === messageId) : undefined
  return {
    turnId,
    status,
    ...(messageId ? { messageId } : {}),
    ...(place === undefined ? {} : { place }),
    waiting: !answer?.text,
  }
}

/** What is on the screen is being read. A server of an earlier version does not count. */
const unreadIn = ({ conversations, current, visible }: State): number =>
  conversations.reduce((sum, { id, unread = 0 }) => (visible && id === current.id ? sum : sum + unread), 0)

/** Brings `running` and `unread` up to date with the rest. */
export function settled(state: State): State {
  const running = runningIn(state)
  // Until the list is there, what was stored of it is the best there is.
  const unread = state.stream.listedAt === undefined ? state.unread : unreadIn(state)
  const isSame = unread === state.unread && JSON.stringify(running) === JSON.stringify(state.running)
  return isSame ? state : { ...state, running, unread }
}
