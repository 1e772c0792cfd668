/** One person's use of the widget in one browser, or nobody's in particular: until they leave, or somebody signs in. */
import {
  type Attachment,
  type Endpoint,
  type Input,
  isFault,
  type Left,
  type Reply,
  type Route,
  type Settings,
} from '@aside/protocol'
import { createCell } from './cell.ts'
import { mintClientId } from './client-id.ts'
import { settled, withTurn } from './conversations.ts'
import { createLife } from './life.ts'
import { backoffMs } from './pauses.ts'
import { acknowledged } from './replies.ts'
import * as routes from './routes.ts'
import { placeOf } from './place.ts'
import type { Perform, Proof } from './session.ts'
import { emptyThread, type Failure, type OutboxItem, type PageWord, type State } from './state.ts'
import { type Store, storeThread } from './storage.ts'
import type { PersonMessage } from './tabs.ts'

/** What goes with a message. */
export interface SentWith {
  /** The last question: it is said anew. */
  readonly replaces?: string | undefined
  readonly files?: readonly Attachment[] | undefined
  /** Nobody answers at once: it is left for a person to read. */
  readonly left?: Left | undefined
}

export interface VisitOptions {
  baseUrl: string
  appId: string
  /** Absent: nobody has signed in. */
  person: string | undefined
  proof: Proof | undefined
  store: Store
  /** As they were the last time. */
  settings: Settings | undefined
  onPerson(message: PersonMessage): void
  fetch?: typeof fetch | undefined
  now?: (() => number) | undefined
}

export interface Visit {
  readonly person: string | undefined
  /** Where this person's things are kept in this browser. */
  readonly store: Store
  /** The same object until something changes. */
  getState(): State
  /** Called after every change. Returns the way out. */
  subscribe(listener: (state: State) => void): () => void
  /**
   * Session (restored or new), conversations, stream. Before it nothing is requested. Again: the same promise. Resolves when
   * the conversations are there, or the connection has `ended`, or `close` was called; never rejects.
   */
  start(): Promise<void>
  /** Without an id: a fresh one. Resolves when its messages are there or `current.error` says why not; never rejects. */
  openConversation(id?: string): Promise<void>
  /**
   * Into the outbox at once, also before `start`. Nothing but white space is ignored, unless files go along. A question said anew
   * keeps those it had. Never throws.
   */
  send(text: string, more?: SentWith, page?: PageWord): void
  /** Only a `failed` or `waiting` one: queued again, now. `asNew`: what it was to replace stays. */
  resend(clientId: string, asNew?: boolean): void
  /** Takes it out of the outbox. If it is on the wire already, it may be stored all the same, and comes back as a message. */
  discard(clientId: string): void
  /** Stops the current conversation's turn; without one nothing happens. Rejects with a `Fault`. */
  stop(): Promise<void>
  /** The id of an answer or of the visitor message it replies to. Retry of an interrupted answer is this too. Rejects with a `Fault`. */
  regenerate(messageId: string): Promise<void>
  /** What is asked before the first message is said: what waited for it is sent. */
  introduce(): void
  /** Any endpoint of the visitor's, with a few tries: only what may safely be said twice. Rejects with a `Fault`. */
  call<const E extends Endpoint>(route: Route<E>, input: Input<E>): Promise<Reply<E>>
  /** Earlier messages of the current conversation. Nothing happens without any, or while loading. Rejects with a `Fault`. */
  loadEarlier(): Promise<void>
  loadMoreConversations(): Promise<void>
  /** Does somebody look at the panel? While nobody does, what arrives counts as unread. */
  setVisible(visible: boolean): void
  /** For what is more than a call, or may not be said twice: uploads and downloads, with the session's own client. */
  perform: Perform
  /** There is no way on. */
  end(failure: Failure): void
  /** Ends all of it: stream, timers, locks, channels, listeners. What is in the outbox stays stored for the next time. */
  close(): void
}

export function createVisit(options: VisitOptions): Visit {
  const { baseUrl, appId, person, proof, store, settings, onPerson, fetch, now = Date.now } = options
  const cell = createCell(store, settings)
  const place = placeOf(appId, person)
  const life = createLife({ baseUrl, appId, place, proof, onPerson, fetch, now, store, cell })
  const { session, pauses, tabs, loading, outbox, connection } = life

  /** A few more tries, for what somebody waits for in front of the screen and what may safely be said twice. */
  async function insist<T>(action: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await action()
      } catch (error) {
        const isHopeless = !isFault(error) || !error.retryable || (error.retryAfterMs ?? 0) > 5_000
        if (isHopeless || tries === 2 || life.isOver()) throw error
        await pauses.pause(backoffMs(tries, error.retryAfterMs))
      }
    }
  }

  const call: Visit['call'] = (route, input) => insist(() => session.call(route, input))

  /** The message that was said to be read last. */
  let readId: string | undefined
  cell.subscribe(({ visible, current: { conversation, messages } }) => {
    const last = messages.findLast(({ status }) => status !== 'streaming')
    if (!visible || !conversation?.unread || !last || last.id === readId) return
    readId = last.id
    const input = { params: { conversationId: conversation.id }, body: { seq: last.seq } }
    call(routes.markRead, input).catch(() => (readId = undefined))
  })

  function send(text: string, { replaces, files = [], left }: SentWith = {}, page?: PageWord): void {
    const { current, outbox: items } = cell.get()
    const before = replaces && current.messages.find(({ id }) => id === replaces)?.attachments
    const attachments = [...(before || []), ...files]
    if ((text.trim() === '' && attachments.length === 0) || cell.isClosed()) return
    const item: OutboxItem = {
      clientId: mintClientId(),
      conversationId: current.id,
      conversationClientId: current.clientId,
      text,
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(replaces === undefined ? {} : { replaces }),
      ...(left ? { left } : {}),
      page,
      status: 'queued',
      // In the order they were sent, whatever the clock does.
      createdAt: Math.max(now(), (items.at(-1)?.createdAt ?? 0) + 1),
    }
    storeThread(store, current)
    cell.update({ ...cell.get(), outbox: [...items, item] })
    tabs.post({ type: 'outbox', item })
    outbox.drain()
  }

  return {
    person,
    store,
    end: life.end,
    getState: cell.get,
    subscribe: cell.subscribe,
    start: life.start,
    send,
    perform: session.perform,
    resend: outbox.resend,
    loadEarlier: () => insist(loading.earlier),
    loadMoreConversations: () => insist(loading.moreConversations),
    close: life.close,
    async openConversation(id) {
      const state = cell.get()
      if (id !== undefined && id === state.current.id && !state.current.error) return
      const conversation = state.conversations.find((it) => it.id === id)
      const current = id === undefined ? { clientId: mintClientId() } : { id, conversation, loading: true }
      const clientId = conversation?.clientId
      cell.update(settled({ ...state, current: { ...emptyThread, ...(clientId ? { clientId } : {}), ...current } }))
      if (life.isOpen() && !life.isOver()) await loading.thread()
    },
    discard(clientId) {
      const state = cell.get()
      cell.update({ ...state, outbox: state.outbox.filter((item) => item.clientId !== clientId) })
      tabs.post({ type: 'discarded', clientId })
    },
    async stop() {
      const { running, current } = cell.get()
      if (!running || current.id === undefined) return
      const input = { params: { conversationId: current.id }, body: { turnId: running.turnId } }
      const turn = await call(routes.stopTurn, input)
      cell.update(settled(withTurn(cell.get(), turn)))
    },
    async regenerate(messageId) {
      const { id: conversationId, messages } = cell.get().current
      if (conversationId === undefined) return
      const answered = messages.find(({ id }) => id === messageId)?.replyTo ?? messageId
      const input = { params: { conversationId }, body: { messageId: answered, clientId: mintClientId() } }
      const posted = await call(routes.regenerate, input)
      cell.update(acknowledged(cell.get(), posted))
      connection.wake()
    },
    introduce() {
      cell.update({ ...cell.get(), introduced: true })
      outbox.drain()
    },
    call,
    setVisible(visible) {
      if (cell.get().visible !== visible) cell.update(settled({ ...cell.get(), visible }))
    },
  }
}
