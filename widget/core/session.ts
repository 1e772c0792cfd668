/** Who the visitor is: one token per browser and app, minted when there is none, and once more when it is refused. */
import {
  type CallOptions,
  type Client,
  createClient,
  type Endpoint,
  type Input,
  isFault,
  PROTOCOL_VERSION,
  type Reply,
  type Route,
  type SessionStarted,
} from '@aside/protocol'
import * as routes from './routes.ts'
import type { Store } from './storage.ts'
import { LOCK_PATIENCE_MS, type Tabs } from './tabs.ts'

export interface Session {
  /** For the stream. */
  readonly client: Client
  /** Resolves with what the server says to a new session, `undefined` for a restored one. */
  begin(): Promise<SessionStarted | undefined>
  /** Rejects also where a refused session could be renewed: the ids it spoke of are nobody's now. */
  call<const E extends Endpoint>(route: Route<E>, input: Input<E>, options?: CallOptions): Promise<Reply<E>>
  /** The stream was refused. False where the session was renewed for that already. */
  renew(): Promise<boolean>
  /** The stream was accepted. */
  accepted(): void
}

interface SessionOptions {
  baseUrl: string
  appId: string
  fetch: typeof fetch | undefined
  store: Store
  tabs: Pick<Tabs, 'exclusive'>
  /** The end of everything. */
  signal: AbortSignal
  /** Everything belongs to another visitor from here on. */
  onRenewed(started: SessionStarted): void
  /** The new session was refused as well. */
  onRefused(): void
}

export const isRefused = (error: unknown): boolean => isFault(error) && error.status === 401

export function createSession(options: SessionOptions): Session {
  const { baseUrl, appId, fetch, store, tabs, signal, onRenewed, onRefused } = options
  /** Minted because of a refusal, and not yet accepted for anything. */
  let unproven: string | undefined
  let followed: string | undefined
  const edge = { baseUrl, ...(fetch ? { fetch } : {}) }
  const token = () => store.get('token')
  const caller = createClient({ ...edge, token })

  const alone = <T>(run: () => Promise<T>) => tabs.exclusive('session', run, { signal, patienceMs: LOCK_PATIENCE_MS })

  async function mint(): Promise<SessionStarted> {
    const body = { appId, protocolVersion: PROTOCOL_VERSION }
    const started = await createClient(edge).call(routes.startSession, { body }, { signal })
    store.set('token', started.token)
    return started
  }

  async function renew(refused: string | undefined): Promise<boolean> {
    return alone(async () => {
      // Another tab, or another call of this one, may have been quicker.
      if (token() !== refused) return true
      if (refused !== undefined && refused === unproven) {
        onRefused()
        return false
      }
      const started = await mint()
      unproven = started.token
      onRenewed(started)
      return true
    })
  }

  function accepted(used: string | undefined): void {
    if (used === unproven) unproven = undefined
  }

  return {
    client: createClient({ ...edge, token: () => (followed = token()) }),
    begin: () => alone(async () => (token() === undefined ? mint() : undefined)),
    renew: () => renew(followed),
    accepted: () => accepted(followed),
    async call(route, input, options) {
      const used = token()
      try {
        const signals = options?.signal ? AbortSignal.any([signal, options.signal]) : signal
        const reply = await caller.call(route, input, { ...options, signal: signals })
        accepted(used)
        return reply
      } catch (error) {
        if (isRefused(error)) await renew(used)
        throw error
      }
    },
  }
}
