/** A whole Aside on a fresh store, in this process. */
import { type AppConfig, type Client, createClient } from '@aside/protocol'
import { boot, type BootOptions, type Running } from '../boot.ts'
import { createLog, parseConfig } from '../platform/index.ts'
import { createOwner, type Owner } from './people.ts'
import { createStore, type StoreKind, type TestStore } from './stores.ts'

export { clientId, ORIGIN, type Owner, type Reading, type Visitor } from './people.ts'

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

export async function startAside(options: AsideOptions = {}): Promise<Aside> {
  const store = await createStore(options.store ?? 'sqlite')
  const config = parseConfig({
    ASIDE_DATA_DIR: store.dataDir,
    ASIDE_PORT: '0',
    ASIDE_LOG: 'warn',
    // Counted as ever, and refused to nobody: tests ask faster than people.
    ASIDE_RATES: '100000',
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
    owner: (appConfig) => createOwner(operator, () => running.url, appConfig),
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
