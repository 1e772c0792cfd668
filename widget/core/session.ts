/** Who the visitor is: one token per browser and app, minted when there is none, and once more when it is refused. */
import {
  type CallOptions,
  type Client,
  createClient,
  type Endpoint,
  type ErrorCode,
  Fault,
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
  begin(): Promise<Begun | undefined>
  /** Rejects also where a refused session could be renewed: the ids it spoke of are nobody's now. */
  call<const E extends Endpoint>(route: Route<E>, input: Input<E>, options?: CallOptions): Promise<Reply<E>>
  /** The same for what is more than a call: what `work` does with the session's client. */
  perform: Perform
  /** The stream was refused. False where the session was renewed for that already. */
  renew(): Promise<boolean>
  /** The stream was accepted. */
  accepted(): void
  /** Has another tab begun as somebody else since this one did? True once. */
  moved(): boolean
}

export interface Begun {
  readonly started: SessionStarted
  /** What was stored here is another visitor's. */
  readonly isOther: boolean
}

export type Perform = <T>(work: (client: Client) => Promise<T>) => Promise<T>

/** Of somebody who has signed in. */
export interface Proof {
  /** The page's word. `fresh`: the one that was given last is not good any longer; nothing where there is no other. */
  token(fresh: boolean): Promise<string | undefined>
  /** The session from before they signed in: what was said in it becomes theirs, once. */
  before(): string | undefined
  /** There is nothing left of it. */
  merged(): void
}

interface SessionOptions {
  baseUrl: string
  appId: string
  fetch: typeof fetch | undefined
  store: Store
  tabs: Pick<Tabs, 'exclusive'>
  /** The end of everything. */
  signal: AbortSignal
  /** Absent: nobody has signed in. */
  proof?: Proof | undefined
  onRenewed(begun: Begun): void
  /** The new session was refused as well. */
  onRefused(): void
}

/** By a session that another can replace. An identity that is refused is another matter. */
export const isRefused = (error: unknown): boolean => hasCode(error, 'unauthenticated', 'session_expired')

const identityCodes = ['identity_invalid', 'identity_required'] as const
const hasCode = (error: unknown, ...codes: ErrorCode[]): boolean => isFault(error) && codes.includes(error.code)

export function createSession(options: SessionOptions): Session {
  const { baseUrl, appId, fetch, store, tabs, signal, proof, onRenewed, onRefused } = options
  /** Minted because of a refusal, and not yet accepted for anything. */
  let unproven: string | undefined
  let followed: string | undefined
  /** Whom this tab knows itself to be. */
  let here: string | undefined
  const edge = { baseUrl, ...(fetch ? { fetch } : {}) }
  const token = () => store.get('token')
  const caller = createClient({ ...edge, token })

  const alone = <T>(run: () => Promise<T>) => tabs.exclusive('session', run, { signal, patienceMs: LOCK_PATIENCE_MS })

  function keep(started: SessionStarted): Begun {
    store.set('token', started.token)
    here = started.session.visitorId
    return { started, isOther: store.get('visitor') !== here }
  }

  /** With the page's word where somebody has signed in; once more with a newer one, where it is not taken. */
  async function vouched<T>(action: (identity: string | undefined) => Promise<T>): Promise<T> {
    const identity = await proof?.token(false)
    if (proof && identity === undefined) throw new Fault('identity_required', 'The page does not say who this is')
    try {
      return await action(identity)
    } catch (error) {
      if (!hasCode(error, ...identityCodes)) throw error
      const fresh = await proof?.token(true)
      if (fresh === undefined) throw error
      return action(fresh)
    }
  }

  async function mint(): Promise<Begun> {
    const body = { appId, protocolVersion: PROTOCOL_VERSION }
    const started = await vouched((identity) =>
      createClient(edge).call(
        routes.startSession,
        { body: identity === undefined ? body : { ...body, identity } },
        { signal },
      ),
    )
    return keep(started)
  }

  /** Nothing where there was no session before, or none that is still good. */
  async function merge(): Promise<Begun | undefined> {
    const before = proof?.before()
    if (before === undefined) return undefined
    const client = createClient({ ...edge, token: () => before })
    try {
      const started = await vouched((token = '') =>
        client.call(routes.identifySession, { body: { token } }, { signal }),
      )
      const isFirst = store.get('visitor') === undefined
      const begun = keep(started)
      return { ...begun, isOther: begun.isOther && !isFirst }
    } catch (error) {
      if (!isRefused(error)) throw error
      return undefined
    }
  }

  async function begin(): Promise<Begun | undefined> {
    const merged = await merge()
    const begun = merged ?? (token() === undefined ? await mint() : undefined)
    proof?.merged()
    if (begun) store.set('visitor', here)
    else here = store.get('visitor')
    return begun
  }

  async function renew(refused: string | undefined): Promise<boolean> {
    return alone(async () => {
      // Another tab, or another call of this one, may have been quicker.
      if (token() !== refused) return true
      if (refused !== undefined && refused === unproven) {
        onRefused()
        return false
      }
      const begun = await mint()
      unproven = begun.started.token
      onRenewed(begun)
      // After all else that is stored of a new visitor: other tabs follow as soon as they see it.
      store.set('visitor', here)
      return true
    })
  }

  function accepted(used: string | undefined): void {
    if (used === unproven) unproven = undefined
  }

  const perform: Perform = async (work) => {
    const used = token()
    try {
      const reply = await work(caller)
      accepted(used)
      return reply
    } catch (error) {
      if (isRefused(error) || hasCode(error, ...identityCodes)) await renew(used)
      throw error
    }
  }

  return {
    client: createClient({ ...edge, token: () => (followed = token()) }),
    begin: () => alone(begin),
    renew: () => renew(followed),
    accepted: () => accepted(followed),
    perform,
    // A lock is no barrier: what another process has written comes a moment later, and two tabs may both have found nothing and
    // begun. What was stored last is right for all.
    moved() {
      const before = here
      here = store.get('visitor') ?? here
      return before !== undefined && before !== here
    },
    call: (route, input, options) =>
      perform(() =>
        caller.call(route, input, {
          ...options,
          signal: options?.signal ? AbortSignal.any([signal, options.signal]) : signal,
        }),
      ),
  }
}
