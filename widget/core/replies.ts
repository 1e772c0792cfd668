/** What was fetched or acknowledged, folded into a state that may have moved on in the meantime. Pure. */
import type { listConversations, listMessages, Posted, Reply } from '@aside/protocol'
import { adopted, byActivity, settled, withTurn } from './conversations.ts'
import { covers } from './cursor.ts'
import { delivered } from './fold.ts'
import { belongs, emptyThread, type State } from './state.ts'
import { arrange, reconcile, shown, withMessage } from './thread.ts'

export type Listed = Reply<typeof listConversations>
export type Loaded = Reply<typeof listMessages>

/** Is what was fetched at `cursor` at least as new as what the stream has told so far? */
const isFresh = ({ stream }: State, cursor: string): boolean =>
  stream.cursor === undefined || covers(cursor, stream.cursor)

/** The first page of conversations, asked for when the state was `before`. */
export function listed(before: State, now: State, reply: Listed): State {
  const { conversations: fetched, hasMore, cursor } = reply
  const lists = { before: before.conversations, now: now.conversations, fetched }
  const next = {
    ...now,
    conversations: byActivity(reconcile(lists, isFresh(now, cursor))),
    hasMoreConversations: hasMore,
    stream: { ...now.stream, cursor: now.stream.cursor ?? cursor, listedAt: cursor },
  }
  const withIds = fetched.reduce(adopted, next)
  const open = withIds.conversations.find(({ id }) => id === withIds.current.id)
  const isNew = open && !withIds.current.conversation
  return settled(isNew ? { ...withIds, current: { ...withIds.current, conversation: open } } : withIds)
}

/** The next page of conversations. */
export function listedMore(state: State, { conversations, hasMore }: Listed): State {
  const known = new Set(state.conversations.map(({ id }) => id))
  const more = conversations.filter(({ id }) => !known.has(id))
  return { ...state, conversations: byActivity([...state.conversations, ...more]), hasMoreConversations: hasMore }
}

/** The newest messages of the current conversation, asked for when the state was `before`. */
export function loaded(before: State, now: State, reply: Loaded): State {
  const { conversation, messages: fetched, hasMore, cursor } = reply
  const { current, stream } = now
  if (current.id !== conversation.id) return now
  const first = fetched[0]?.seq ?? 0
  const last = before.current.messages.at(-1)?.seq ?? 0
  // Earlier pages stay where the new one joins them; where it does not, there is a hole between, to be loaded again.
  const earlier = first <= last ? before.current.messages.filter(({ seq }) => seq < first) : []
  const lists = {
    before: before.current.messages,
    now: current.messages,
    fetched: [...earlier, ...fetched.map((message) => shown(message, stream.drafts))],
  }
  const isNewer = isFresh(now, cursor) || before.current.conversation === current.conversation
  return settled({
    ...now,
    current: {
      id: conversation.id,
      ...(conversation.clientId === undefined ? {} : { clientId: conversation.clientId }),
      conversation: isNewer ? conversation : current.conversation,
      messages: arrange(reconcile(lists, isFresh(now, cursor))),
      hasMore: earlier.length > 0 ? current.hasMore : hasMore,
      loading: false,
      asOf: cursor,
    },
    outbox: fetched.reduce(delivered, now.outbox),
  })
}

/** The messages before those that are there. */
export function loadedEarlier(state: State, { conversation, messages, hasMore }: Loaded): State {
  const { current } = state
  if (current.id !== conversation.id) return state
  const first = current.messages[0]?.seq ?? Infinity
  const earlier = messages.filter(({ seq }) => seq < first)
  return { ...state, current: { ...current, messages: arrange([...earlier, ...current.messages]), hasMore } }
}

/**
 * The server has a message, and with it a turn, unless the stream told of what became of it already. What it was said in
 * place of is gone, with its answers.
 */
export function acknowledged(state: State, { message, turn, cursor }: Posted): State {
  const { current, outbox, stream } = state
  const replaced = outbox.find(({ clientId }) => clientId === message.clientId)?.replaces
  const thread = replaced
    ? { ...current, messages: current.messages.filter(({ id, replyTo }) => id !== replaced && replyTo !== replaced) }
    : current
  const isKnown = thread.messages.some(({ id }) => id === message.id)
  const next = {
    ...state,
    current: isKnown ? thread : withMessage(thread, message, stream.drafts),
    outbox: delivered(outbox, message),
  }
  const isPast = stream.cursor !== undefined && stream.cursor !== cursor && covers(stream.cursor, cursor)
  return settled(turn && !isPast ? withTurn(next, turn) : next)
}

/** Another visitor from here on: nothing of the old one's is left but what was not sent yet, for new conversations. */
export function asNewVisitor(state: State, mintId: () => string): State {
  const current = { ...emptyThread, clientId: mintId() }
  const ids = new Map<string | undefined, string>()
  const outbox = state.outbox.map(({ conversationId, conversationClientId, ...item }) => {
    const key = conversationClientId ?? conversationId
    if (belongs({ ...item, conversationId, conversationClientId }, state.current)) ids.set(key, current.clientId)
    else if (!ids.has(key)) ids.set(key, mintId())
    const status = item.status === 'failed' ? item.status : ('queued' as const)
    return { ...item, status, conversationClientId: ids.get(key) }
  })
  return settled({
    ...state,
    conversations: [],
    hasMoreConversations: false,
    current,
    outbox,
    unread: 0,
    introduced: undefined,
    stream: { drafts: {} },
  })
}
