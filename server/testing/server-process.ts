/** Aside as a process of its own: one that can be killed, and started again on the same store. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { type AppConfig, type Client, createClient } from '@aside/protocol'
import { readAddress } from '../address.ts'
import { parseConfig } from '../platform/index.ts'
import { createOwner, type Owner } from './people.ts'
import type { Scaled } from './scaled-server.ts'
import type { TestStore } from './stores.ts'

export interface ServerProcess {
  /** Where it listens now: another port after each start. */
  readonly url: string
  readonly pid: number
  readonly operator: Client
  /** What it has logged, all its lives together: one JSON object a line. */
  readonly log: Record<string, unknown>[]
  /** A tenant with one app. `via` is where its people call, such as a proxy that outlives the process. */
  owner(config?: AppConfig, via?: () => string): Promise<Owner>
  /** Resident memory, in bytes. */
  memory(): number
  /** Sends a signal and waits for the end. Resolves with the exit code, null where the signal ended it. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
  signal(signal: NodeJS.Signals): void
  /** Resolves with the exit code when this life is over. */
  readonly ended: Promise<number | null>
  /** Starts it on the same store. Resolves when it listens. */
  start(): Promise<void>
}

export interface ServerProcessOptions {
  modelUrl?: string
  env?: Record<string, string>
  /** Without it the real `main.ts` runs. */
  scaled?: Scaled
  port?: number
}

const START_MS = 30_000

/** The caller drops the store, after the last `kill`. */
export async function startServerProcess(store: TestStore, options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const { modelUrl, env = {}, scaled, port = 0 } = options
  const environment = {
    ASIDE_DATA_DIR: store.dataDir,
    ASIDE_PORT: String(port),
    ASIDE_LOG: 'info',
    ASIDE_RATES: '100000',
    DATABASE_URL: store.url,
    ...(modelUrl ? { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: modelUrl } : {}),
    ...env,
  }
  const config = parseConfig(environment)
  const script = (name: string) => join(import.meta.dirname, '..', name)
  const args = scaled ? [script('testing/scaled-server.ts'), JSON.stringify(scaled)] : [script('main.ts')]
  const log: Record<string, unknown>[] = []
  let child: ChildProcess
  let ended: Promise<number | null>
  let url = ''
  let token = ''

  async function start(): Promise<void> {
    const started = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = started
    ended = once(started, 'exit').then(([code]) => code as number | null)
    const listening = Promise.withResolvers<string>()
    listening.promise.catch(() => {})
    let last = ''
    createInterface({ input: started.stderr }).on('line', (line) => {
      last = line
      if (!line.startsWith('{')) return
      const entry = JSON.parse(line) as Record<string, unknown>
      log.push(entry)
      if (entry['event'] === 'listening') listening.resolve(String(entry['url']))
    })
    void ended.then((code) => listening.reject(new Error(`The server ended with ${code}: ${last}`)))
    const late = setTimeout(() => listening.reject(new Error(`The server did not start: ${last}`)), START_MS)
    url = await listening.promise.finally(() => clearTimeout(late))
    const address = readAddress(config)
    if (address?.pid !== started.pid) throw new Error('The address file tells of another process')
    token = address!.token
  }
  await start()
  // A test that is cut off leaves nobody behind.
  process.once('exit', () => child.kill('SIGKILL'))

  const server: ServerProcess = {
    get url() {
      return url
    },
    get pid() {
      return child.pid!
    },
    get ended() {
      return ended
    },
    operator: createClient({
      get baseUrl() {
        return url
      },
      token: () => token,
    }),
    log,
    owner: (config, via = () => url) => createOwner(server.operator, via, config),
    memory: () => 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    signal: (signal) => void child.kill(signal),
    async kill(signal = 'SIGKILL') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return ended
    },
    start,
  }
  return server
}
