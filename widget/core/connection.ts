/** One stream for all tabs: whoever leads follows the server and tells the others, who take over when it goes. */
import { follow, type Following, type StreamEvent } from '@aside/protocol'
import type { Session } from './session.ts'
import type { Draft } from './state.ts'
import type { Link, TabMessage, Tabs } from './tabs.ts'

export interface Connection {
  /**
   * Joins the other tabs. Again: as if it had just come. `onJoined`: another tab leads, and what it told before this one listened
   * went by unheard.
   */
  open(onJoined?: () => void): void
  /** Looks whether the stream is well, and whether whoever leads is still there. */
  wake(): void
  /** The network has changed: the connection that was is worth nothing. */
  restart(): void
  /** Something was missed: asks for it, at most once in a while. */
  catchUp(): void
  /** Gives everything back: stream, lock, channel. */
  leave(): void
}

interface ConnectionOptions {
  session: Session
  tabs: Tabs
  cursor(): string | undefined
  drafts(): Readonly<Record<string, Draft>>
  /** The stream was refused: false where it makes no sense to go on. */
  renew(): Promise<boolean>
  onEvent(event: StreamEvent): void
  onLink(link: Link): void
  /** Another tab took the lead, because this one had not answered: `open` again, and fetch what was missed. */
  onDeposed(): void
  /** What tabs say to each other beside the stream. */
  onMessage(message: TabMessage): void
}

const CATCH_UP_EVERY_MS = 2_000

/** A tab that leads and does not answer for so long is frozen, whatever it still holds. */
const PATIENCE_MS = 3_000

export function createConnection(options: ConnectionOptions): Connection {
  const { session, tabs, cursor, drafts, renew, onEvent, onLink, onDeposed, onMessage } = options
  let following: Following | undefined
  let joined: AbortController | undefined
  let link: Link = { state: 'connecting' }
  let caughtUpAt = 0
  /** Whoever comes says so, and is answered: as long as nothing was heard, there is nobody to tell every token to. */
  let alone = true
  let joining: (() => void) | undefined
  let patience: ReturnType<typeof setTimeout> | undefined

  function lead(): void {
    clearTimeout(patience)
    const after = cursor()
    following = follow(session.client, {
      ...(after === undefined ? {} : { after }),
      renew,
      onEvent(event) {
        if (!alone) tabs.post({ type: 'event', event })
        onEvent(event)
      },
      onState(state) {
        if (state.state === 'live') session.accepted()
        if (state.state === 'ended' && state.code === 'closed') return
        link =
          state.state === 'ended'
            ? { state: 'ended', error: { code: state.code === 'gone' ? 'not_found' : 'session_expired' } }
            : state.state === 'waiting'
              ? { state: 'waiting', retryInMs: state.retryInMs }
              : { state: state.state }
        tabs.post({ type: 'link', link })
        onLink(link)
      },
    })
  }

  function welcome(): void {
    tabs.post({ type: 'link', link })
    for (const [messageId, { attempt, text, gap }] of Object.entries(drafts()))
      if (!gap) tabs.post({ type: 'event', event: { name: 'message-snapshot', payload: { messageId, attempt, text } } })
  }

  function hear(message: TabMessage): void {
    const { type } = message
    alone = false
    if (type === 'hello' || type === 'wake') {
      if (!following) return
      if (type === 'wake') following.wake()
      return welcome()
    }
    if (type !== 'event' && type !== 'link') return onMessage(message)
    if (following) return
    clearTimeout(patience)
    joining?.()
    joining = undefined
    if (type === 'event') onEvent(message.event)
    else onLink(message.link)
  }

  function leave(): void {
    clearTimeout(patience)
    joined?.abort()
    joined = undefined
    following?.close()
    following = undefined
    tabs.listen(undefined)
  }

  /** Leads as soon as nobody else does, or at once, until the signal says otherwise. */
  function join(signal: AbortSignal, steal = false): void {
    const led = () =>
      new Promise<void>((resolve) => {
        if (signal.aborted || following) return resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
        lead()
      })
    tabs.exclusive('stream', led, { signal, steal }).catch(() => {
      if (!signal.aborted) onDeposed()
    })
  }

  function open(onJoined?: () => void): void {
    leave()
    joining = onJoined
    joined = new AbortController()
    tabs.listen(hear)
    join(joined.signal)
    if (following) return
    tabs.post({ type: 'hello' })
    patience = setTimeout(join, PATIENCE_MS, joined.signal, true)
  }

  return {
    open,
    leave,
    wake() {
      if (following) return following.wake()
      if (!joined) return
      tabs.post({ type: 'wake' })
      clearTimeout(patience)
      patience = setTimeout(join, PATIENCE_MS, joined.signal, true)
    },
    restart() {
      following?.wake()
      following?.restart()
    },
    catchUp() {
      if (Date.now() - caughtUpAt < CATCH_UP_EVERY_MS) return
      caughtUpAt = Date.now()
      if (following) following.restart()
      else tabs.post({ type: 'hello' })
    },
  }
}
