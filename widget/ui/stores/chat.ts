/** The core's state, as Vue sees it: at most one change per frame while an answer streams. */
import type { Attachment, ErrorCode } from '@aside/protocol'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { type Core, initialState, pending, type Thread, type Vouching } from '../../core/index.ts'
import { useSetup } from '../setup.ts'
import { fetchAnswers } from '../bubbles/index.ts'
import { everyFrame } from '../frames.ts'

const codeOf = (error: unknown): ErrorCode =>
  error instanceof Error && 'code' in error ? (error.code as ErrorCode) : 'internal'

/** What became complete between two looks at the same conversation. */
const completed = (before: Thread, { id, messages }: Thread) =>
  before.id !== id || before.loading || before.messages === messages
    ? []
    : messages.filter(
        ({ id: message, author, status }, nth) =>
          // Asked for every frame, of a thread that may be long.
          before.messages[nth] !== messages[nth] &&
          author !== 'visitor' &&
          status !== 'streaming' &&
          (before.messages.find((known) => known.id === message)?.status ?? 'streaming') === 'streaming',
      )

export const useChat = defineStore('chat', () => {
  const setup = useSetup()
  const state = shallowRef(initialState)
  const ready = ref(false)
  /** A refusal worth a line of its own, until it is read. */
  const notice = ref<ErrorCode>()
  /** How often somebody has left: nothing that was begun for them is the next one's. */
  const left = ref(0)
  /** Who has signed in. */
  const person = ref<string>()
  let isStarted = false
  const core: Core = setup.createCore(() => {
    left.value++
    ready.value = false
    notice.value = undefined
    frames.flush()
    if (isStarted) void start()
  })

  const frames = everyFrame(() => {
    const before = state.value
    state.value = core.getState()
    if (state.value.unread !== before.unread) setup.tell('unread', state.value.unread)
    for (const { id, author, text } of completed(before.current, state.value.current))
      setup.tell('message', { id, author, text })
    if (state.value.connection !== before.connection) setup.tell('connection', state.value.connection)
    const { id } = state.value.current
    if (id !== before.current.id) setup.tell('conversation', id === undefined ? {} : { id })
    if (core.person() !== person.value) {
      person.value = core.person()
      setup.tell('identity', person.value === undefined ? {} : { sub: person.value })
    }
    if (state.value.error && state.value.error !== before.error) setup.tell('error', { code: state.value.error.code })
  })

  const unsubscribe = core.subscribe(frames.wake)
  // As they were the last time: drawn before anything is asked.
  const { settings } = core.getState()
  if (settings) state.value = { ...initialState, settings }

  async function start(begin = core.start): Promise<void> {
    isStarted = true
    await begin()
    frames.flush()
    if (ready.value || state.value.connection === 'ended') return
    ready.value = true
    setup.tell('ready', undefined)
  }

  async function attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      notice.value = codeOf(error)
      setup.tell('error', { code: notice.value })
      return undefined
    } finally {
      frames.flush()
    }
  }

  return {
    state,
    ready,
    person,
    notice,
    waiting: computed(() => pending(state.value)),
    left,
    start: () => start(),
    /** After the connection ended for good: all over again. */
    restart: () => start(core.restart),
    async identify(how: Vouching) {
      await core.identify(how)
      if (isStarted) await start()
    },
    logout: () => core.logout(),
    open: (id?: string) => core.openConversation(id).then(frames.flush),
    /** `replaces`: the last question, which is said anew. */
    send(text: string, replaces?: string, files: readonly Attachment[] = []) {
      if (text.trim() === '' && files.length === 0) return
      notice.value = undefined
      // The answer will want it.
      fetchAnswers()
      core.send(text, { replaces, files })
      frames.flush()
      setup.tell('message', { author: 'visitor', text })
      void start()
    },
    resend(clientId: string, asNew?: boolean) {
      core.resend(clientId, asNew)
      frames.flush()
    },
    discard(clientId: string) {
      core.discard(clientId)
      frames.flush()
    },
    /** Says of something that was asked for why it cannot be. */
    refuse: (error: unknown) => attempt(Promise.reject(error)),
    stop: () => attempt(core.stop()),
    regenerate: (messageId: string) => attempt(core.regenerate(messageId)),
    /** Undefined where it failed, which is said in a line of its own. */
    attempt,
    /** For what comes later, and asks for itself. */
    core,
    /** The server has erased the visitor. */
    erased: () => core.logout(true),
    earlier: () => attempt(core.loadEarlier()),
    more: () => attempt(core.loadMoreConversations()),
    look: (now: boolean) => core.setVisible(now),
    close() {
      unsubscribe()
      frames.close()
      core.close()
    },
  }
})
