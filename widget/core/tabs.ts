/** The other tabs of this browser that show the same app: what they tell each other, and who does what only one may do. */
import { PROTOCOL_VERSION, type Posted, type StreamEvent } from '@aside/protocol'
import type { Failure, OutboxItem } from './state.ts'

/** How the one stream stands. */
export type Link =
  | { readonly state: 'connecting' | 'live' }
  | { readonly state: 'waiting'; readonly retryInMs: number }
  | { readonly state: 'ended'; readonly error: Failure }

/**
 * Who used this place is somebody else from here on: `person`, by the word the page gave (`token`). Without a person somebody
 * has logged out, and nothing that was here is anybody's.
 */
export interface PersonMessage {
  type: 'person'
  person?: string | undefined
  token?: string | undefined
}

export type TabMessage =
  | PersonMessage
  /** I have just come, or I miss something: how does the stream stand, and what has been answered so far? */
  | { type: 'hello' }
  | { type: 'link'; link: Link }
  | { type: 'event'; event: StreamEvent }
  /** Look whether the stream is well. */
  | { type: 'wake' }
  | { type: 'outbox'; item: OutboxItem }
  | { type: 'discarded'; clientId: string }
  | { type: 'posted'; posted: Posted }

/** Longer than any call takes. */
export const LOCK_PATIENCE_MS = 25_000

export interface Exclusion {
  signal?: AbortSignal
  patienceMs?: number
  steal?: boolean
}

export interface Tabs {
  post(message: TabMessage): void
  /** Opens the ears, or closes them: a page put to sleep must have none. */
  listen(listener: ((message: TabMessage) => void) | undefined): void
  /**
   * `run` by one tab at a time. Rejects when `signal` is aborted before its turn has come. With `patienceMs` it waits no longer
   * than that, and with `steal` not at all: a frozen tab may hold on for ever. The one it is taken from rejects, while its
   * `run` goes on, and it is the caller's to end it.
   */
  exclusive<T>(name: string, run: () => Promise<T>, how?: Exclusion): Promise<T>
}

const rootOf = (place: string) => `aside:${place}:${PROTOCOL_VERSION}`

/** To all tabs of a place, from one that is none of them, or not any longer. */
export function tellPlace(place: string, message: PersonMessage): void {
  if (typeof BroadcastChannel !== 'function') return
  const channel = new BroadcastChannel(rootOf(place))
  channel.postMessage(message)
  channel.close()
}

/** `isShared`: do the tabs have the same storage, and so the same visitor? If not they are strangers. Asked when it matters. */
export function joinTabs(place: string, isShared: () => boolean): Tabs {
  const root = rootOf(place)
  let channel: BroadcastChannel | undefined
  let found: { locks: LockManager | undefined } | undefined

  /** Both are there in secure contexts only, and not at all in some frames: then every tab is for itself. */
  function locks(): LockManager | undefined {
    if (found) return found.locks
    const { locks } = globalThis.navigator ?? {}
    found = { locks: locks && typeof BroadcastChannel === 'function' && isShared() ? locks : undefined }
    return found.locks
  }

  return {
    post: (message) => channel?.postMessage(message),
    listen(listener) {
      channel?.close()
      channel = listener && locks() && new BroadcastChannel(root)
      if (channel && listener) channel.onmessage = ({ data }: MessageEvent<TabMessage>) => listener(data)
    },
    async exclusive(name, run, { signal, patienceMs, steal } = {}) {
      const manager = locks()
      if (!manager) return run()
      let started = false
      const patience = new AbortController()
      const timer = patienceMs === undefined ? undefined : setTimeout(() => patience.abort(), patienceMs)
      const begin = () => {
        clearTimeout(timer)
        started = true
        return run()
      }
      const either = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal
      const take = () => manager.request(`${root}:${name}`, { steal: true }, begin)
      try {
        return await (steal ? take() : manager.request(`${root}:${name}`, { signal: either }, begin))
      } catch (error) {
        if (started || signal?.aborted) throw error
        if (patience.signal.aborted) return await take()
        // A sandboxed frame has locks, but may not use them.
        return await run()
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
