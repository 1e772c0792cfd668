/** Holds the state, and tells whoever listens. */
import type { Settings } from '@aside/protocol'
import { mintClientId } from './client-id.ts'
import { remember, restored } from './memory.ts'
import type { State } from './state.ts'
import type { Store } from './storage.ts'

export interface Cell {
  readonly get: () => State
  /** Stores what is to be stored, then tells. The same state again, and any after `close`, is nothing. */
  update(next: State): void
  subscribe(listener: (state: State) => void): () => void
  isClosed(): boolean
  close(): void
}

export function createCell(store: Store, settings: Settings | undefined): Cell {
  const listeners = new Set<(state: State) => void>()
  let state: State = { ...restored(store, mintClientId()), ...(settings ? { settings } : {}) }
  let closed = false

  return {
    get: () => state,
    update(next) {
      if (closed || next === state) return
      const before = state
      state = next
      remember(store, before, next)
      for (const listener of listeners) {
        try {
          // Not `next`: a listener may have changed it in turn.
          listener(state)
        } catch (error) {
          // Its own trouble: the others are told all the same, and the stream goes on.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isClosed: () => closed,
    close() {
      closed = true
      listeners.clear()
    },
  }
}
