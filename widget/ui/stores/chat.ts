/** The core's state, as Vue sees it: at most one change per frame while an answer streams. */
import type { ErrorCode, Passage } from '@aside/protocol'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { type Core, initialState, type Judgement, pending, type Thread, type Vouching } from '../../core/index.ts'
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
        ({ id: message, author, status }) =>
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
    for (const { id, text } of completed(before.current, state.value.current))
      setup.tell('received', { messageId: id, text })
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
    send(text: string, replaces?: string) {
      if (text.trim() === '') return
      notice.value = undefined
      // The answer will want it.
      void fetchAnswers()
      core.send(text, replaces)
      frames.flush()
      setup.tell('sent', { text })
      void start()
    },
    resend(clientId: string) {
      core.resend(clientId)
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
    /** False where it could not be said. */
    judge: (messageId: string, judgement: Judgement) =>
      attempt(core.judge(messageId, judgement).then(() => true)).then(Boolean),
    /** Rejects with a `Fault`. */
    search: (query: string) => core.search(query),
    /** Rejects with a `Fault`. */
    passage: (messageId: string, number: number): Promise<Passage> => core.passage(messageId, number),
    setContext: core.setContext,
    setTools: core.setTools,
    /** Rejects with a `Fault`. */
    reportTool: core.reportTool,
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
