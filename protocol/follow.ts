/** Follows a visitor's event stream for as long as it is wanted: reconnects, resumes, and says how it stands. */
import { bare } from './bare.ts'
import type { Client } from './client.ts'
import { route } from './endpoint.ts'
import { isFault } from './errors.ts'
import { isEventName, type StreamEvent } from './events.ts'
import { createSseReader } from './sse.ts'
import type { followEvents } from './visitor-endpoints.ts'

const stream = route<typeof followEvents>('GET', '/v1/events')

/**
 * `waiting` until `retryAt` after a break; `ended` where trying again makes no sense (the session is over, or `close` was
 * called).
 */
export type FollowState =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'waiting'; retryInMs: number; attempt: number }
  | { state: 'ended'; code: 'session_expired' | 'gone' | 'closed' }

export interface FollowOptions {
  /** Resume after this cursor; without one the stream starts at now. */
  after?: string
  onEvent(event: StreamEvent): void
  onState?(state: FollowState): void
  /** The session was refused: mint a new token and say true to try once more. */
  renew?(): Promise<boolean>
  /** No byte for so long means a dead connection; the server's heartbeat comes every 15 s. Default 45 000. */
  watchdogMs?: number
  /** The first and the longest wait between attempts, with full jitter. Default 1 000 and 30 000. */
  backoffMs?: { first: number; longest: number }
}

export interface Following {
  /** The last durable event seen. */
  cursor(): string | undefined
  /**
   * The network came back, or the page is looked at again: ends a wait now, and gives up a connection that has been silent for
   * longer than the server ever is. After a sleep it may be dead without anybody saying so.
   */
  wake(): void
  /** Gives the connection up and resumes at once: for a reader that misses something. Nothing happens while there is none. */
  restart(): void
  close(): void
}

/** The server's heartbeat comes every 15 s. */
const SILENCE_MS = 20_000

export function follow(client: Client, given: FollowOptions): Following {
  const options: FollowOptions = bare({ ...given })
  const { watchdogMs = 45_000, backoffMs = { first: 1_000, longest: 30_000 } } = options
  let cursor = options.after
  let closed = false
  let floorMs = 0
  let heardAt = 0
  let hurry = false
  let connection: AbortController | undefined
  let wakeUp: (() => void) | undefined
  const tell = (state: FollowState) => options.onState?.(state)

  async function read(onLive: () => void): Promise<void> {
    const control = (connection = new AbortController())
    let timer = setTimeout(() => control.abort(), watchdogMs)
    heardAt = Date.now()
    const alive = () => {
      heardAt = Date.now()
      clearTimeout(timer)
      timer = setTimeout(() => control.abort(), watchdogMs)
    }
    try {
      const query = cursor === undefined ? {} : { after: cursor }
      const headers: Record<string, string> = { accept: 'text/event-stream' }
      if (cursor !== undefined) headers['last-event-id'] = cursor
      const response = await client.open(stream, { query }, { signal: control.signal, headers })
      if (response.status === 204 || !response.body) return end('gone')
      const reader = createSseReader({
        frame: ({ id, name, data }) => {
          if (closed || !isEventName(name)) return
          const event = { name, payload: JSON.parse(data), ...(id === undefined ? {} : { id }) } as StreamEvent
          if (event.name === 'stream-reset') cursor = event.payload.cursor
          // Resuming, the greeting comes before what was missed: the place is still the one we asked for.
          else if (event.name === 'session-ready') cursor ??= event.payload.cursor
          else if (id !== undefined) cursor = id
          options.onEvent(event)
        },
        retry: (ms) => (floorMs = ms),
      })
      const text = new TextDecoder()
      const chunks = response.body.getReader()
      for (let first = true; ; first = false) {
        const { done, value } = await chunks.read()
        if (done || closed) return
        if (first) onLive()
        alive()
        reader.push(text.decode(value, { stream: true }))
      }
    } finally {
      connection = undefined
      clearTimeout(timer)
      control.abort()
    }
  }

  function restart(): void {
    if (!connection) return
    hurry = true
    connection.abort()
  }

  function end(code: 'session_expired' | 'gone' | 'closed'): void {
    if (closed) return
    closed = true
    tell({ state: 'ended', code })
  }

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function run(): Promise<void> {
    let failures = 0
    let renewed = false
    while (!closed) {
      tell({ state: 'connecting' })
      let retryAfterMs = 0
      try {
        await read(() => {
          failures = 0
          renewed = false
          tell({ state: 'live' })
        })
      } catch (error) {
        if (closed) return
        if (isFault(error)) {
          if (error.status === 401) {
            if (renewed || !options.renew || !(await options.renew().catch(() => false))) return end('session_expired')
            renewed = true
            continue
          }
          if (error.code === 'not_found' || error.code === 'app_not_found') return end('gone')
          retryAfterMs = error.retryAfterMs ?? 0
        }
      }
      if (closed) return
      if (hurry) {
        hurry = false
        continue
      }
      const ceiling = Math.min(backoffMs.longest, backoffMs.first * 2 ** failures++)
      // The server's `retry:` spreads a restart's reconnects; it is no floor for the first try of a lone break.
      const retryInMs = Math.max(retryAfterMs, Math.random() * Math.max(ceiling, Math.min(floorMs, backoffMs.longest)))
      tell({ state: 'waiting', retryInMs, attempt: failures })
      await wait(retryInMs)
    }
  }

  void run()
  return {
    cursor: () => cursor,
    wake() {
      wakeUp?.()
      if (Date.now() - heardAt > SILENCE_MS) restart()
    },
    restart,
    close() {
      end('closed')
      connection?.abort()
      wakeUp?.()
    },
  }
}
