/** The one way to the data: a running server, or the same server in this process. There is no other. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient, isFault, listTenants } from '@aside/protocol'
import { type Address, type Config, parseConfig, readAddress } from '@aside/server/address'
import { EXIT, Problem, usage } from './problems.ts'

export interface ConnectOptions {
  /** Of a running server. Needs `key` beside it. */
  url?: string | undefined
  key?: string | undefined
  dataDir?: string | undefined
  verbose?: boolean
  /** A server of our own writes answers too. Else it leaves them queued: a command that lists keys must not begin one. */
  answers?: boolean
  /** It goes on until a person ends it: other commands are to join it rather than to wait. */
  isLong?: boolean
  /** Told what a person should know, such as that a database was made. */
  note?: (text: string) => void
}

export interface Connection {
  readonly client: Client
  /** The same server, as somebody else: a visitor's session. */
  as(token: () => string | undefined): Client
  readonly isOperator: boolean
  /** Where the calls go, for people. */
  readonly where: string
  close(): Promise<void>
}

/** What the calls go through at the moment. */
interface Link {
  url: string
  token: string
  where: string
  close(): Promise<void>
}

const isOperatorToken = (key: string) => key.startsWith('as_op_')
const PATIENCE_MS = 20_000
const JOIN_AFTER_MS = 5_000

/** Throws a `Problem` with everything that is wrong with it. */
export function readConfig(dataDir: string | undefined, env: NodeJS.ProcessEnv = process.env): Config {
  try {
    return parseConfig({ ...env, ...(dataDir === undefined ? {} : { ASIDE_DATA_DIR: dataDir }) })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ConfigProblems') throw error
    throw new Problem('config', error.message, { exit: EXIT.usage, cause: error })
  }
}

/** Throws a `Problem` where there is no way: no key for an address, a wrong configuration, a store that cannot be opened. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { url, key } = options
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw usage(`${url} is no address`, 'one looks like https://chat.example')
    if (key === undefined) throw usage('a server at an address wants a key', 'give --key, or set ASIDE_KEY')
    const baseUrl = url.replace(/\/+$/, '')
    const as = (token: () => string | undefined) => createClient({ baseUrl, token })
    return { client: as(() => key), as, isOperator: isOperatorToken(key), where: baseUrl, close: async () => {} }
  }

  const config = readConfig(options.dataDir)
  let link = await findLink(config, options)

  /** Another command held the database and has ended: its address is dead, and the database is free. */
  const patient: typeof fetch = async (input, init) => {
    const before = link
    try {
      return await fetch(input, init)
    } catch (error) {
      if (!isRefused(error)) throw error
      if (link === before) link = await findLink(config, options)
      const headers = new Headers(init?.headers)
      if (headers.get('authorization') === `Bearer ${before.token}`)
        headers.set('authorization', `Bearer ${link.token}`)
      return fetch(String(input).replace(before.url, link.url), { ...init, headers })
    }
  }
  const as = (token: () => string | undefined) =>
    createClient({
      get baseUrl() {
        return link.url
      },
      token,
      fetch: patient,
    })
  return {
    client: as(() => key ?? link.token),
    as,
    isOperator: key === undefined || isOperatorToken(key),
    get where() {
      return link.where
    },
    close: () => link.close(),
  }
}

const isRefused = (error: unknown) =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ECONNREFUSED'

async function answers(address: Address | undefined): Promise<Link | undefined> {
  if (!address) return undefined
  const { url, token, pid } = address
  try {
    await createClient({ baseUrl: url, token: () => token }).call(listTenants, {}, { timeoutMs: 5_000 })
  } catch (error) {
    // An address left by a crash: nobody is there, or somebody else.
    if (isFault(error) && ['network', 'unauthenticated', 'not_found'].includes(error.code)) return undefined
    throw error
  }
  return { url, token, where: `${url} (process ${pid})`, close: async () => {} }
}

async function findLink(config: Config, options: ConnectOptions): Promise<Link> {
  let holder: number | undefined
  for (let since = Date.now(); ;) {
    const address = readAddress(config)
    if (address?.pid !== holder) {
      holder = address?.pid
      since = Date.now()
    }
    const waitedMs = Date.now() - since
    // Another command is best waited for: it would end in the middle of our calls. A long one is joined all the same.
    if (address && (!address.isBrief || waitedMs > JOIN_AFTER_MS)) {
      const running = await answers(address)
      if (running) return running
    }
    try {
      return await bootHere(config, options)
    } catch (error) {
      if (!isTaken(error)) throw storeProblem(error)
      if (waitedMs > PATIENCE_MS)
        throw new Problem('store_taken', error.message, {
          hint: 'it does not answer: end that process, or choose another folder with --data-dir',
          exit: EXIT.unreachable,
          cause: error,
        })
      await sleep(50 + Math.random() * 100)
    }
  }
}

async function bootHere(config: Config, options: ConnectOptions): Promise<Link> {
  // Large, and of no use to a command that finds a server running.
  const { boot } = await import('@aside/server')
  const { database } = config
  const isNew = database.kind === 'sqlite' && !existsSync(database.file)
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const own = await boot(
    {
      ...config,
      host: '127.0.0.1',
      port: 0,
      // What a tag must say is where the server will be, not where this command listens for a moment.
      publicUrl: config.publicUrl ?? `http://${host}:${config.port}`,
      log: options.verbose ? 'debug' : 'silent',
    },
    { isBrief: !options.isLong, ...(options.answers ? {} : { limits: { engine: { maxTurns: 0 } } }) },
  )
  if (isNew) options.note?.(`A new database was made: ${database.file}`)
  return {
    url: own.url,
    token: own.operatorToken,
    where: `${database.kind === 'sqlite' ? database.file : 'Postgres'}, opened by this command`,
    close: () => own.close({ graceMs: 0, spreadMs: 0 }),
  }
}

const isTaken = (error: unknown): error is Error => error instanceof Error && error.name === 'StoreTaken'

export function storeProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error)
  return new Problem('store', message, {
    hint: 'aside doctor looks closer; another place: --data-dir, or DATABASE_URL',
    exit: EXIT.unreachable,
    cause: error,
  })
}
