/** The people who use an Aside, in this process or another: what tests arrange with. */
import { randomBytes } from 'node:crypto'
import {
  type App,
  type AppConfig,
  type Client,
  type Conversation,
  createApp,
  createClient,
  createKey,
  createTenant,
  follow,
  type Input,
  type Following,
  type FollowOptions,
  type FollowState,
  listMessages,
  type Message,
  type Posted,
  postMessage,
  type SessionStarted,
  startConversation,
  startSession,
  type StreamEvent,
} from '@aside/protocol'

export const ORIGIN = 'https://shop.example'
export const clientId = () => randomBytes(15).toString('base64url')

/** How a reader follows; tests are quicker than people. */
export interface ReadOptions extends Omit<FollowOptions, 'onEvent' | 'onState'> {
  /** Told of every event before the reading is. */
  onAny?(event: StreamEvent): void
  onChange?(state: FollowState): void
}

export interface Owner {
  tenantId: string
  app: App
  secret: string
  /** Calls with the secret key. */
  client: Client
  /**
   * A new visitor on a page at `ORIGIN`. `via` is another address of the server, such as a faulty proxy's; `identity` a signed one;
   * `appId` another app of the owner.
   */
  visitor(via?: string, identity?: string, appId?: string): Promise<Visitor>
}

/** What the page says and offers with a question. */
export type PageWord = Pick<Input<typeof postMessage>['body'], 'context' | 'tools'>

export interface Visitor {
  session: SessionStarted
  client: Client
  /** What a sign-in has made of the session, or any other that was given out. */
  as(session: SessionStarted): Visitor
  /** The same session, calling another address: another tab, or the way through a faulty proxy. */
  at(url: string): Visitor
  /** A conversation to talk in. */
  conversation(): Promise<string>
  post(conversationId: string, text: string, id?: string, page?: PageWord): Promise<Posted>
  messages(
    conversationId: string,
  ): Promise<{ messages: Message[]; conversation: Conversation; hasMore: boolean; cursor: string }>
  follow(options?: ReadOptions): Reading
}

/** What a visitor's stream has said so far. */
export interface Reading {
  readonly events: StreamEvent[]
  readonly states: FollowState[]
  /** The text of a message as this reader saw it: snapshots replace, deltas fit or are dropped. */
  text(messageId: string): string
  /** Resolves with the first event, past or to come, that fits. Rejects after `timeoutMs` (default 10 000). */
  until<N extends StreamEvent['name']>(
    name: N,
    fits?: (payload: Extract<StreamEvent, { name: N }>['payload']) => boolean,
    timeoutMs?: number,
  ): Promise<Extract<StreamEvent, { name: N }>>
  close(): void
  following: Following
}

/** A tenant with one app that `ORIGIN` may embed, and a secret key. `url` is asked for at every call. */
export async function createOwner(operator: Client, url: () => string, config: AppConfig = {}): Promise<Owner> {
  const tenant = await operator.call(createTenant, { body: { name: 'Acme' } })
  const query = { tenantId: tenant.id }
  const app = await operator.call(createApp, { query, body: { name: 'Shop', allowedOrigins: [ORIGIN], config } })
  const { secret } = await operator.call(createKey, { query, body: { name: 'tests' } })
  const at = {
    get baseUrl() {
      return url()
    },
    token: () => secret,
  }
  return {
    tenantId: tenant.id,
    app,
    secret,
    client: createClient(at),
    visitor: (via, identity, appId = app.id) => visit(() => via ?? url(), appId, identity),
  }
}

async function visit(url: () => string, appId: string, identity?: string): Promise<Visitor> {
  const body = { appId, ...(identity === undefined ? {} : { identity }) }
  return visiting(url, await createClient(addressed(url)).call(startSession, { body }))
}

const addressed = (url: () => string) => ({
  get baseUrl() {
    return url()
  },
  headers: { origin: ORIGIN },
})

function visiting(url: () => string, session: SessionStarted): Visitor {
  const client = createClient(Object.assign(addressed(url), { token: () => session.token }))
  return {
    session,
    client,
    as: (other) => visiting(url, other),
    at: (other) => visiting(() => other, session),
    conversation: async () => (await client.call(startConversation, { body: { clientId: clientId() } })).id,
    post: (conversationId, text, id = clientId(), page = {}) =>
      client.call(postMessage, { params: { conversationId }, body: { clientId: id, text, ...page } }),
    messages: (conversationId) => client.call(listMessages, { params: { conversationId }, query: {} }),
    follow: (options = {}) => read(client, options),
  }
}

function read(client: Client, options: ReadOptions): Reading {
  const events: StreamEvent[] = []
  const states: FollowState[] = []
  const texts = new Map<string, string>()
  const waiting = new Set<() => void>()
  const following = follow(client, {
    backoffMs: { first: 20, longest: 200 },
    ...options,
    onState(state) {
      states.push(state)
      options.onChange?.(state)
    },
    onEvent(event) {
      options.onAny?.(event)
      events.push(event)
      if (event.name === 'message-start') texts.set(event.payload.message.id, '')
      if (event.name === 'message-snapshot') texts.set(event.payload.messageId, event.payload.text)
      if (event.name === 'message-delta') {
        const { messageId, offset, text } = event.payload
        const before = texts.get(messageId) ?? ''
        if (before.length === offset) texts.set(messageId, before + text)
      }
      for (const look of waiting) look()
    },
  })
  return {
    events,
    states,
    following,
    text: (messageId) => texts.get(messageId) ?? '',
    until(name, fits = () => true, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`No ${name} within ${timeoutMs} ms; seen: ${events.map((it) => it.name).join(', ')}`))
        }, timeoutMs)
        const look = () => {
          const found = events.find((it) => it.name === name && fits(it.payload as never))
          if (!found) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(found as never)
        }
        waiting.add(look)
        look()
      })
    },
    close: () => following.close(),
  }
}
