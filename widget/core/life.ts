/** From start to close: session, stream, outbox and what is fetched, awake and asleep, together with the other tabs. */
import type { StreamEvent } from '@aside/protocol'
import type { Cell } from './cell.ts'
import { mintClientId } from './client-id.ts'
import { createConnection, type Connection } from './connection.ts'
import { fold } from './fold.ts'
import { createLoading, failureOf, type Loading, persevere } from './loading.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { restored } from './memory.ts'
import { isOnline, watchPage } from './page.ts'
import { createPauses, type Pauses } from './pauses.ts'
import { acknowledged, asNewVisitor } from './replies.ts'
import { unlessRefused } from './refused-page.ts'
import { createSession, type Proof, type Session } from './session.ts'
import { fetchSettings } from './settings-cache.ts'
import { emptyThread, type Failure, type State } from './state.ts'
import { hasItem, type Store } from './storage.ts'
import { joinTabs, type Link, type PersonMessage, type TabMessage, type Tabs } from './tabs.ts'

export interface Life {
  readonly session: Session
  readonly pauses: Pauses
  readonly tabs: Tabs
  readonly loading: Loading
  readonly outbox: Outbox
  readonly connection: Connection
  start(): Promise<void>
  close(): void
  /** Is there a session to ask with? */
  isOpen(): boolean
  isOver(): boolean
  /** There is no way on. */
  end(failure: Failure): void
}

interface LifeOptions {
  baseUrl: string
  appId: string
  /** What tabs share: `placeOf`. */
  place: string
  proof: Proof | undefined
  /** Another tab says that this is somebody else's browser now. */
  onPerson(message: PersonMessage): void
  fetch: typeof fetch | undefined
  now: () => number
  store: Store
  cell: Cell
}

export function createLife(options: LifeOptions): Life {
  const { baseUrl, appId, place, proof, onPerson, fetch, now, store, cell } = options
  const control = new AbortController()
  const { signal } = control
  const pauses = createPauses()
  const tabs = joinTabs(place, store.isShared)
  let started: Promise<void> | undefined
  let link: Link = { state: 'connecting' }
  let isBegun = false
  let isAsleep = false
  let unwatch = () => {}

  const isOver = () => cell.isClosed() || cell.get().connection === 'ended'
  const change = (change: Partial<State>) => cell.update({ ...cell.get(), ...change })

  const session = createSession({
    baseUrl,
    appId,
    fetch,
    store,
    tabs,
    signal,
    proof,
    onRefused: () => end({ code: 'session_expired' }),
    onRenewed({ started, isOther }) {
      const state = cell.get()
      cell.update({ ...(isOther ? asNewVisitor(state, mintClientId) : state), settings: started.settings })
      void enter()
    },
  })
  const loading = createLoading({ session, pauses, getState: cell.get, update })
  const outbox = createOutbox({
    session,
    tabs,
    store,
    now,
    getState: cell.get,
    update: updateOutbox,
    onPosted(posted) {
      tabs.post({ type: 'posted', posted })
      connection.wake()
    },
  })
  const connection = createConnection({
    session,
    tabs,
    cursor: () => cell.get().stream.cursor,
    drafts: () => cell.get().stream.drafts,
    renew: async () => (await insisted(session.renew)) ?? false,
    onEvent,
    onLink,
    onMessage,
    onDeposed: rejoin,
  })

  /** A conversation begun here may turn out to have messages already: the reply to the first one was lost. */
  function update(next: State): void {
    const { current: before } = cell.get()
    cell.update(next)
    const { id, clientId, conversation, asOf } = cell.get().current
    const isAdopted = before.id === undefined && id !== undefined && before.clientId === clientId
    if (isAdopted && asOf === undefined && conversation && conversation.lastSeq > 0) void loading.thread()
  }

  /** Other tabs draw the outbox, too. */
  function updateOutbox(next: State): void {
    const before = new Set(cell.get().outbox)
    update(next)
    for (const item of cell.get().outbox) if (!before.has(item)) tabs.post({ type: 'outbox', item })
  }

  function end(error: Failure): void {
    if (isOver()) return
    const current = { ...cell.get().current, loading: false }
    change({ connection: 'ended', retryInMs: undefined, error, current })
    release()
  }

  function release(): void {
    connection.leave()
    loading.forget()
    outbox.close()
    pauses.close()
    unwatch()
  }

  function tryAgain(): void {
    pauses.wake()
    outbox.wake()
  }

  function onLink(next: Link): void {
    if (isOver()) return
    link = next
    if (link.state === 'ended') return end(link.error)
    const isBack = link.state === 'live' && cell.get().connection !== 'live'
    change({
      connection: isOnline() ? link.state : 'offline',
      retryInMs: link.state === 'waiting' ? link.retryInMs : undefined,
    })
    if (isBack) tryAgain()
  }

  function onEvent(event: StreamEvent): void {
    if (isOver()) return
    update(fold(cell.get(), event))
    if (event.name === 'stream-reset') void refresh()
    if (event.name === 'message-delta' && cell.get().stream.drafts[event.payload.messageId]?.gap) connection.catchUp()
    // A conversation that was busy may have time now.
    if (event.name === 'message-end') outbox.wake()
  }

  function onMessage(message: TabMessage): void {
    if (isOver()) return
    const state = cell.get()
    switch (message.type) {
      case 'posted':
        return update(acknowledged(state, message.posted))
      case 'discarded':
        return change({ outbox: state.outbox.filter(({ clientId }) => clientId !== message.clientId) })
      case 'outbox': {
        const { item } = message
        // Gone already, whoever sent it.
        if (!hasItem(store, item.clientId)) return
        const others = state.outbox.filter(({ clientId }) => clientId !== item.clientId)
        return change({ outbox: [...others, item].sort((a, b) => a.createdAt - b.createdAt) })
      }
      case 'person':
        return onPerson(message)
    }
  }

  /** Another tab has begun as somebody else. */
  function takeOver(): void {
    const { current, outbox } = restored(store, mintClientId())
    cell.update({ ...asNewVisitor(cell.get(), mintClientId), current, outbox })
    void enter()
  }

  /** Until it is known, or clear that it will not be. */
  async function insisted<T>(action: () => Promise<T>, onWait?: (waitMs: number) => void): Promise<T | undefined> {
    const result = await persevere(pauses, () => !isOver(), action, onWait)
    if (result && 'failure' in result) end(result.failure)
    return result && 'reply' in result ? result.reply : undefined
  }

  async function refresh(): Promise<void> {
    const [failure] = await Promise.all([loading.conversations(), loading.thread()])
    if (failure) end(failure)
  }

  /** With a session: from what is known of the stream on, or from the list that says where it stands. */
  async function enter(): Promise<void> {
    connection.leave()
    loading.forget()
    const isNew = cell.get().stream.cursor === undefined
    if (isNew) {
      const failure = await loading.conversations()
      if (failure) end(failure)
      // Or somebody entered anew in the meantime.
      if (isOver() || cell.get().stream.cursor === undefined) return
    }
    connection.open(isNew ? refresh : undefined)
    outbox.drain()
    await (isNew ? loading.thread() : refresh())
  }

  async function rejoin(): Promise<void> {
    if (isOver()) return
    connection.open()
    tryAgain()
    await refresh()
  }

  async function begin(): Promise<void> {
    unwatch = watchPage({
      wake() {
        connection.wake()
        tryAgain()
      },
      online(isBack) {
        onLink(link)
        if (!isBack) return
        connection.restart()
        tryAgain()
      },
      suspend() {
        isAsleep = true
        connection.leave()
        outbox.suspend()
      },
      resume() {
        if (isAsleep && isBegun) void rejoin()
        isAsleep = false
      },
      stored() {
        if (session.moved()) takeOver()
      },
    })
    const begun = await insisted(
      async () => {
        onLink({ state: 'connecting' })
        return { session: await unlessRefused({ baseUrl, appId, fetch }, session.begin) }
      },
      (retryInMs) => onLink({ state: 'waiting', retryInMs }),
    )
    if (!begun || isOver()) return
    isBegun = true
    if (begun.session) {
      const { started, isOther } = begun.session
      const { stream, current } = cell.get()
      // Somebody cleared a part of the storage: what is left of it is of a visitor who is gone.
      const isLeft = isOther && (stream.cursor !== undefined || current.id !== undefined)
      change({ ...(isLeft ? asNewVisitor(cell.get(), mintClientId) : {}), settings: started.settings })
    } else void readSettings()
    await enter()
    // What was open is gone, or was another visitor's.
    if (cell.get().current.error?.code === 'not_found')
      change({ current: { ...emptyThread, clientId: mintClientId() } })
  }

  async function readSettings(): Promise<void> {
    const read = () => fetchSettings({ baseUrl, appId, fetch, signal })
    const settings = await insisted(() => unlessRefused({ baseUrl, appId, fetch }, read))
    if (settings) change({ settings })
  }

  return {
    session,
    pauses,
    tabs,
    loading,
    outbox,
    connection,
    isOver,
    end,
    isOpen: () => isBegun,
    start: () => (started ??= begin().catch((error: unknown) => end(failureOf(error)))),
    close() {
      if (cell.isClosed()) return
      change({ connection: 'idle', retryInMs: undefined })
      cell.close()
      control.abort()
      release()
    },
  }
}
