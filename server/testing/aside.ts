/** A whole Aside on a fresh store, and the people who use it: what tests arrange with. */
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
  type Following,
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
import { boot, type BootOptions, type Running } from '../boot.ts'
import { createLog, parseConfig } from '../platform/index.ts'
import { createStore, type StoreKind, type TestStore } from './stores.ts'

export const ORIGIN = 'https://shop.example'
export const clientId = () => randomBytes(15).toString('base64url')

export interface AsideOptions {
  store?: StoreKind
  /** A provider to answer with; without one the `local` model does. */
  modelUrl?: string
  boot?: BootOptions
  env?: Record<string, string>
  log?: (line: string) => void
}

export interface Aside {
  readonly url: string
  readonly running: Running
  readonly store: TestStore
  readonly operator: Client
  /** A tenant with one app that `ORIGIN` may embed, and a secret key. */
  owner(config?: AppConfig): Promise<Owner>
  /** Stops the server and starts another one on the same store. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface Owner {
  tenantId: string
  app: App
  secret: string
  /** Calls with the secret key. */
  client: Client
  /** A new visitor on a page at `ORIGIN`. `via` is another address of the server, such as a faulty proxy's. */
  visitor(via?: string): Promise<Visitor>
}

export interface Visitor {
  session: SessionStarted
  client: Client
  /** A conversation to talk in. */
  conversation(): Promise<string>
  post(conversationId: string, text: string, id?: string): Promise<Posted>
  messages(
    conversationId: string,
  ): Promise<{ messages: Message[]; conversation: Conversation; hasMore: boolean; cursor: string }>
  follow(options?: { after?: string; backoffMs?: { first: number; longest: number } }): Reading
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

export async function startAside(options: AsideOptions = {}): Promise<Aside> {
  const store = await createStore(options.store ?? 'sqlite')
  const config = parseConfig({
    ASIDE_DATA_DIR: store.dataDir,
    ASIDE_PORT: '0',
    ASIDE_LOG: 'warn',
    DATABASE_URL: store.url,
    ...(options.modelUrl ? { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: options.modelUrl } : {}),
    ...options.env,
  })
  const log = createLog('warn', options.log ?? (() => {}))
  let running = await boot(config, { strict: true, log, ...options.boot })
  let open = true
  const operator = createClient({
    get baseUrl() {
      return running.url
    },
    token: () => running.operatorToken,
  })

  return {
    get url() {
      return running.url
    },
    get running() {
      return running
    },
    store,
    operator,
    async owner(appConfig = {}) {
      const tenant = await operator.call(createTenant, { body: { name: 'Acme' } })
      const query = { tenantId: tenant.id }
      const app = await operator.call(createApp, {
        query,
        body: { name: 'Shop', allowedOrigins: [ORIGIN], config: appConfig },
      })
      const { secret } = await operator.call(createKey, { query, body: { name: 'tests' } })
      return {
        tenantId: tenant.id,
        app,
        secret,
        client: createClient({
          get baseUrl() {
            return running.url
          },
          token: () => secret,
        }),
        visitor: (via) => visit(() => via ?? running.url, app.id),
      }
    },
    async restart() {
      await running.close({ graceMs: 0, spreadMs: 0 })
      running = await boot(config, { strict: true, log, ...options.boot })
    },
    async stop() {
      if (!open) return
      open = false
      await running.close({ graceMs: 0, spreadMs: 0 })
      await store.drop()
    },
  }
}

async function visit(baseUrl: () => string, appId: string): Promise<Visitor> {
  const at = {
    get baseUrl() {
      return baseUrl()
    },
    headers: { origin: ORIGIN },
  }
  const session = await createClient(at).call(startSession, { body: { appId } })
  const client = createClient({ ...at, baseUrl: baseUrl(), token: () => session.token })
  return {
    session,
    client,
    conversation: async () => (await client.call(startConversation, { body: { clientId: clientId() } })).id,
    post: (conversationId, text, id = clientId()) =>
      client.call(postMessage, { params: { conversationId }, body: { clientId: id, text } }),
    messages: (conversationId) => client.call(listMessages, { params: { conversationId }, query: {} }),
    follow: (options = {}) => read(client, options),
  }
}

function read(client: Client, options: { after?: string; backoffMs?: { first: number; longest: number } }): Reading {
  const events: StreamEvent[] = []
  const states: FollowState[] = []
  const texts = new Map<string, string>()
  const waiting = new Set<() => void>()
  const following = follow(client, {
    backoffMs: { first: 20, longest: 200 },
    ...options,
    onState: (state) => void states.push(state),
    onEvent(event) {
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
