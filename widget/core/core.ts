/** Puts the parts together: session, stream, outbox and what is fetched, over one state. */
import type { Passage } from '@aside/protocol'
import type { State } from './state.ts'

export interface CoreOptions {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  appId: string
  /** Default: the page's `localStorage`; memory where that is blocked. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>
  fetch?: typeof fetch
  /** Milliseconds, for what waits in the outbox. Default `Date.now`. */
  now?: () => number
}

export interface Core {
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
  /** Into the outbox at once, also before `start`. Nothing but white space is ignored. Never throws. */
  send(text: string): void
  /** Only a `failed` or `waiting` one: queued again, now. */
  resend(clientId: string): void
  /** Takes it out of the outbox. If it is on the wire already, it may be stored all the same, and comes back as a message. */
  discard(clientId: string): void
  /** Stops the current conversation's turn; without one nothing happens. Rejects with a `Fault`. */
  stop(): Promise<void>
  /** The id of an answer or of the visitor message it replies to. Retry of an interrupted answer is this too. Rejects with a `Fault`. */
  regenerate(messageId: string): Promise<void>
  /** The passage behind a citation. Rejects with a `Fault`. */
  passage(messageId: string, number: number): Promise<Passage>
  /** Earlier messages of the current conversation. Nothing happens without any, or while loading. Rejects with a `Fault`. */
  loadEarlier(): Promise<void>
  loadMoreConversations(): Promise<void>
  /** Does somebody look at the panel? While nobody does, what arrives counts as unread. */
  setVisible(visible: boolean): void
  /** Ends all of it: stream, timers, locks, channels, listeners. What is in the outbox stays stored for the next time. */
  close(): void
}

export declare function createCore(options: CoreOptions): Core
