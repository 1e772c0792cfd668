/** What of the state is stored, and what of it is restored. */
import { emptyThread, initialState, type State } from './state.ts'
import { forgetItem, type Store, storedItems, storedThread, storeItem, storeThread } from './storage.ts'

/** As it was left, with a fresh conversation called `clientId` where none was open. */
export function restored(store: Store, clientId: string): State {
  const { id, clientId: knownAs } = storedThread(store)
  const cursor = store.get('cursor')
  return {
    ...initialState,
    current: id
      ? { ...emptyThread, id, clientId: knownAs, loading: true }
      : { ...emptyThread, clientId: knownAs ?? clientId },
    outbox: storedItems(store),
    unread: Math.min(999, Number(store.get('unread')) || 0),
    stream: { drafts: {}, ...(cursor === undefined ? {} : { cursor }) },
  }
}

/** Stores what has changed. */
export function remember(store: Store, before: State, now: State): void {
  const { id, clientId } = now.current
  if (id !== before.current.id || clientId !== before.current.clientId) storeThread(store, now.current)
  if (now.stream.cursor !== before.stream.cursor) store.set('cursor', now.stream.cursor)
  if (now.unread !== before.unread) store.set('unread', now.unread > 0 ? String(now.unread) : undefined)
  if (now.outbox === before.outbox) return
  const kept = new Set(now.outbox.map((item) => item.clientId))
  for (const item of before.outbox) if (!kept.has(item.clientId)) forgetItem(store, item.clientId)
  const known = new Set(before.outbox)
  for (const item of now.outbox) if (!known.has(item)) storeItem(store, item)
}
