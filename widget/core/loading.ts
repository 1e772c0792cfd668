/** What is fetched rather than streamed: the list of conversations and the messages of the open one. */
import { isFault } from '@aside/protocol'
import { listed, listedMore, loaded, loadedEarlier } from './replies.ts'
import { backoffMs, type Pauses } from './pauses.ts'
import * as routes from './routes.ts'
import { isRefused, type Session } from './session.ts'
import type { Failure, State, Thread } from './state.ts'

export interface Loading {
  /** Resolves when they are there, or when somebody asked anew, or with why that makes no sense. Never rejects. */
  conversations(): Promise<Failure | undefined>
  /** The same for the newest messages of the current conversation, where `current.error` says why not. */
  thread(): Promise<void>
  earlier(): Promise<void>
  moreConversations(): Promise<void>
  /** What is under way is not wanted any more. */
  forget(): void
}

interface LoadingOptions {
  session: Pick<Session, 'call'>
  pauses: Pauses
  getState(): State
  update(state: State): void
}

export const failureOf = (error: unknown): Failure => {
  if (!isFault(error)) return { code: 'internal' }
  const { code, retryAfterMs, issues } = error
  return { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(issues ? { issues } : {}) }
}

/** Tries for as long as it is wanted and makes sense; `onWait` hears of every pause. */
export async function persevere<T>(
  pauses: Pauses,
  isWanted: () => boolean,
  action: () => Promise<T>,
  onWait?: (waitMs: number) => void,
): Promise<{ reply: T } | { failure: Failure } | undefined> {
  for (let tries = 0; isWanted(); tries++) {
    try {
      const reply = await action()
      return isWanted() ? { reply } : undefined
    } catch (error) {
      if (!isWanted()) return undefined
      if (!isFault(error) || !(error.retryable || isRefused(error))) return { failure: failureOf(error) }
      const waitMs = backoffMs(tries, error.retryAfterMs)
      onWait?.(waitMs)
      await pauses.pause(waitMs)
    }
  }
  return undefined
}

export function createLoading({ session, pauses, getState, update }: LoadingOptions): Loading {
  let listing = 0
  let opening = 0
  let paging = false

  const withThread = (change: Partial<Thread>) =>
    update({ ...getState(), current: { ...getState().current, ...change } })

  /** One page at a time. */
  async function page(action: () => Promise<void>): Promise<void> {
    if (paging) return
    paging = true
    await action().finally(() => (paging = false))
  }

  return {
    async conversations() {
      const mine = ++listing
      let before = getState()
      const result = await persevere(
        pauses,
        () => mine === listing,
        () => {
          before = getState()
          return session.call(routes.listConversations, { query: {} })
        },
      )
      if (!result || 'failure' in result) return result?.failure
      update(listed(before, getState(), result.reply))
      return undefined
    },
    async thread() {
      const mine = ++opening
      const { id: conversationId } = getState().current
      if (conversationId === undefined) return
      withThread({ loading: true, error: undefined })
      let before = getState()
      const result = await persevere(
        pauses,
        () => mine === opening && getState().current.id === conversationId,
        () => {
          before = getState()
          return session.call(routes.listMessages, { params: { conversationId }, query: {} })
        },
      )
      if (!result) return
      if ('failure' in result) withThread({ loading: false, error: result.failure })
      else update(loaded(before, getState(), result.reply))
    },
    earlier: () =>
      page(async () => {
        const { id: conversationId, messages, hasMore, loading } = getState().current
        const before = messages[0]?.seq
        if (conversationId === undefined || before === undefined || !hasMore || loading) return
        const input = { params: { conversationId }, query: { before: String(before) } }
        const reply = await session.call(routes.listMessages, input)
        update(loadedEarlier(getState(), reply))
      }),
    moreConversations: () =>
      page(async () => {
        const before = getState().conversations.at(-1)?.id
        if (before === undefined || !getState().hasMoreConversations) return
        const reply = await session.call(routes.listConversations, { query: { before } })
        update(listedMore(getState(), reply))
      }),
    forget() {
      listing++
      opening++
    },
  }
}
