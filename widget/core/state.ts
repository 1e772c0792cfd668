/** What the widget knows, as one immutable value: what did not change keeps its identity. */
import type {
  Attachment,
  Author,
  Conversation,
  ErrorCode,
  Input,
  Issue,
  Left,
  Message,
  postMessage,
  Settings,
} from '@aside/protocol'
import type { Connection } from '../sdk.ts'

export type { Connection } from '../sdk.ts'

export interface Failure {
  readonly code: ErrorCode
  /** The server asked for this much patience; it is tried again by itself. */
  readonly retryAfterMs?: number
  readonly issues?: readonly Issue[]
}

/** What the page says and offers. */
export type PageWord = Pick<Input<typeof postMessage>['body'], 'context' | 'tools'>

/**
 * A message on its way. `queued`: its turn comes. `sending`: on the wire. `waiting`: it did not get through (`error`), and is
 * tried again by itself. `failed`: it will not be tried again unless somebody says `resend`.
 */
export interface OutboxItem {
  /** The `clientId` of the message it becomes: a list keyed by `clientId ?? id` does not flicker at the change. */
  readonly clientId: string
  /** Of a conversation the server knows. */
  readonly conversationId?: string
  /** Of the conversation this browser began, also while the server does not know it. */
  readonly conversationClientId?: string
  readonly text: string
  /** Files the server has already. */
  readonly attachments?: readonly Attachment[]
  /** The question it is said in place of. */
  readonly replaces?: string | undefined
  /** It is left for a person to read: how they can reach who left it. */
  readonly left?: Left
  /** As it was when the message was written. */
  readonly page?: PageWord
  readonly status: 'queued' | 'sending' | 'waiting' | 'failed'
  readonly error?: Failure
  /** Milliseconds of this browser's clock; only ever compared with other items'. */
  readonly createdAt: number
}

/** The conversation on the screen. Without an `id` it is a fresh one, which the server learns of with the first message. */
export interface Thread {
  readonly id?: string
  readonly clientId?: string
  readonly conversation?: Conversation
  /** In order. The text of a running answer is what has come of it so far. */
  readonly messages: readonly Message[]
  /** Are there earlier ones? */
  readonly hasMore: boolean
  readonly loading: boolean
  /** It could not be loaded. Absent while that is still being tried. */
  readonly error?: Failure
  /** The place in the stream the messages were fetched at: older events are in them already. */
  readonly asOf?: string
}

/** The turn of the current conversation that is queued or running. */
export interface Running {
  readonly turnId: string
  /** The answer, once it was begun. */
  readonly messageId?: string
  readonly status: 'queued' | 'running'
  /** While queued behind others: 1 is next. */
  readonly place?: number
  /** True until the first words of the answer are there. */
  readonly waiting: boolean
}

/** The text so far of a running answer, in whichever conversation, as the stream told it. */
export interface Draft {
  readonly attempt: number
  readonly text: string
  /** Something in between was missed: what came after it is not applied, and a snapshot is wanted. */
  readonly gap?: boolean
}

export interface State {
  readonly connection: Connection
  readonly retryInMs?: number
  /** The app's look and words. Absent until they are known. */
  readonly settings?: Settings
  /** The one that changed last first. */
  readonly conversations: readonly Conversation[]
  readonly hasMoreConversations: boolean
  readonly current: Thread
  /** Of all conversations and tabs, oldest first; `pending` picks those of the current one. */
  readonly outbox: readonly OutboxItem[]
  readonly running?: Running
  /** Answers that nobody has looked at yet, in all conversations. */
  readonly unread: number
  readonly visible: boolean
  /** All that is asked before the first message is said: until then what begins a conversation waits. */
  readonly introduced?: boolean | undefined
  /** Who was writing when it was said last, and where: a new object each time it is said. */
  readonly typing?: { readonly conversationId: string; readonly author: Author }
  /** Why the connection ended. */
  readonly error?: Failure
  /** For `fold` only. */
  readonly stream: {
    /** The last durable event folded in. */
    readonly cursor?: string
    /** The place the list of conversations was fetched at. */
    readonly listedAt?: string
    readonly drafts: Readonly<Record<string, Draft>>
  }
}

export const emptyThread: Thread = { messages: [], hasMore: false, loading: false }

export const initialState: State = {
  connection: 'idle',
  conversations: [],
  hasMoreConversations: false,
  current: emptyThread,
  outbox: [],
  unread: 0,
  visible: false,
  stream: { drafts: {} },
}

/** Does it belong to the conversation on the screen? */
export const belongs = (item: OutboxItem, { id, clientId }: Thread): boolean =>
  (id !== undefined && item.conversationId === id) || (clientId !== undefined && item.conversationClientId === clientId)

/** What is on its way in the current conversation, oldest first: drawn after its messages. A new array at every call. */
export const pending = (state: State): readonly OutboxItem[] =>
  state.outbox.filter((item) => belongs(item, state.current))
