/** Messages on their way: kept until the server has them, sent one at a time, in order within a conversation. */
import { isFault, type Posted } from '@aside/protocol'
import { settled, withConversation } from './conversations.ts'
import { complain } from './identity.ts'
import { failureOf } from './loading.ts'
import { acknowledged } from './replies.ts'
import { backoffMs } from './pauses.ts'
import * as routes from './routes.ts'
import { isRefused, type Session } from './session.ts'
import { belongs, type OutboxItem, type State } from './state.ts'
import { hasItem, type Store, storedItems } from './storage.ts'
import { LOCK_PATIENCE_MS, type Tabs } from './tabs.ts'

export interface Outbox {
  /** Sends what can be sent, as soon as it is known from where the stream tells of it. Nothing happens after `close`. */
  drain(): void
  /** Only one that failed or waits: queued again, and tried now. `asNew`: it replaces nothing any longer. */
  resend(clientId: string, asNew?: boolean): void
  /** There is reason to try again now; where the server asked for patience it still gets it. */
  wake(): void
  /** Gives up what is on the wire, to be sent again by the next `drain`. */
  suspend(): void
  close(): void
}

interface OutboxOptions {
  session: Pick<Session, 'call'>
  tabs: Pick<Tabs, 'exclusive'>
  store: Store
  now(): number
  getState(): State
  update(state: State): void
  onPosted(posted: Posted): void
}

/** The state with one item changed; the same where there is no such item. */
export const withItem = (state: State, clientId: string, change: Partial<OutboxItem>): State =>
  state.outbox.some((item) => item.clientId === clientId)
    ? { ...state, outbox: state.outbox.map((item) => (item.clientId === clientId ? { ...item, ...change } : item)) }
    : state

const conversationOf = (item: OutboxItem): string => item.conversationClientId ?? item.conversationId ?? ''

export function createOutbox(options: OutboxOptions): Outbox {
  const { session, tabs, store, now, getState, update, onPosted } = options
  /** How often an item was tried, and when it may be tried again. */
  const tries = new Map<string, { count: number; notBefore: number; isAsked: boolean }>()
  /** What pages said that the server does not take, as JSON. */
  const refused = new Set<string>()
  let control = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let draining = false
  let again = false
  let closed = false

  const canSend = () => !closed && getState().connection !== 'ended' && getState().stream.cursor !== undefined

  /** A conversation begins once it is said what is asked before. */
  const isHeld = ({ conversationId, left }: OutboxItem): boolean =>
    conversationId === undefined && !left && !getState().introduced && (getState().settings?.preChat.length ?? 0) > 0

  /** The oldest item that may be sent: not behind another of its conversation that has to wait. */
  function next(): OutboxItem | undefined {
    if (!canSend()) return undefined
    const blocked = new Set<string>()
    for (const item of getState().outbox) {
      if (item.status === 'failed' || blocked.has(conversationOf(item)) || !hasItem(store, item.clientId)) continue
      if (!isHeld(item) && (tries.get(item.clientId)?.notBefore ?? 0) <= now()) return item
      blocked.add(conversationOf(item))
    }
    return undefined
  }

  async function post(
    { clientId, text, attachments, replaces, left, page, ...item }: OutboxItem,
    signal: AbortSignal,
  ): Promise<Posted> {
    let { conversationId } = item
    if (conversationId === undefined) {
      const body = { clientId: item.conversationClientId ?? clientId }
      const conversation = await session.call(routes.startConversation, { body }, { signal })
      update(settled(withConversation(getState(), conversation)))
      conversationId = conversation.id
    }
    const said = refused.has(JSON.stringify(page)) ? undefined : page
    // What is not there is not in JSON either.
    const body = { clientId, text, replaces, left, attachments: attachments?.map(({ id }) => id), ...said }
    return session.call(routes.postMessage, { params: { conversationId }, body }, { signal })
  }

  async function attempt(item: OutboxItem): Promise<void> {
    const { clientId } = item
    const { signal } = control
    update(withItem(getState(), clientId, { status: 'sending', error: undefined }))
    try {
      const posted = await post(item, signal)
      tries.delete(clientId)
      update(acknowledged(getState(), posted))
      onPosted(posted)
    } catch (error) {
      const isOver = closed || getState().connection === 'ended'
      if (signal.aborted || (isRefused(error) && !isOver))
        return update(withItem(getState(), clientId, { status: 'queued' }))
      const failure = failureOf(error)
      const said = JSON.stringify(item.page)
      // The page's mistake is the integrator's to hear of; the visitor's words go without.
      if (said && !refused.has(said) && (failure.code === 'invalid_input' || failure.code === 'body_too_large')) {
        refused.add(said)
        complain('aside:', error)
        return update(withItem(getState(), clientId, { status: 'queued' }))
      }
      const isRetried = isFault(error) && (error.retryable || isRefused(error))
      update(withItem(getState(), clientId, { status: isRetried ? 'waiting' : 'failed', error: failure }))
      const count = tries.get(clientId)?.count ?? 0
      const isAsked = failure.retryAfterMs !== undefined
      tries.set(clientId, { count: count + 1, notBefore: now() + backoffMs(count, failure.retryAfterMs), isAsked })
    }
  }

  /** What other tabs have added is sent along; what they have sent is dropped, unless its message is about to appear. */
  function join(): void {
    const state = getState()
    const kept = state.outbox.filter((item) => hasItem(store, item.clientId) || belongs(item, state.current))
    const known = new Set(kept.map(({ clientId }) => clientId))
    const added = storedItems(store).filter(({ clientId }) => !known.has(clientId))
    if (added.length === 0 && kept.length === state.outbox.length) return
    update({ ...state, outbox: [...kept, ...added].sort((a, b) => a.createdAt - b.createdAt) })
  }

  async function run(): Promise<void> {
    const { signal } = control
    await tabs.exclusive(
      'outbox',
      async () => {
        join()
        for (let item = next(); item && !signal.aborted; item = next()) await attempt(item)
      },
      { signal, patienceMs: LOCK_PATIENCE_MS },
    )
    if (signal.aborted || !canSend()) return
    const waits = getState().outbox.flatMap(({ clientId, status }) =>
      status === 'waiting' && hasItem(store, clientId) ? [(tries.get(clientId)?.notBefore ?? 0) - now()] : [],
    )
    if (waits.length > 0) timer = setTimeout(drain, Math.max(0, Math.min(...waits)))
  }

  function drain(): void {
    if (closed) return
    again = draining
    if (draining) return
    draining = true
    clearTimeout(timer)
    void run()
      .catch(suspend)
      .finally(() => {
        draining = false
        if (again) drain()
      })
  }

  function suspend(): void {
    clearTimeout(timer)
    control.abort()
    control = new AbortController()
  }

  return {
    drain,
    wake() {
      for (const [clientId, it] of tries) if (!it.isAsked) tries.set(clientId, { ...it, notBefore: 0 })
      drain()
    },
    resend(clientId, asNew) {
      const item = getState().outbox.find((it) => it.clientId === clientId)
      if (item?.status !== 'failed' && item?.status !== 'waiting') return
      tries.delete(clientId)
      const change = asNew ? { replaces: undefined } : {}
      update(withItem(getState(), clientId, { ...change, status: 'queued', error: undefined }))
      drain()
    },
    suspend,
    close() {
      closed = true
      suspend()
    },
  }
}
