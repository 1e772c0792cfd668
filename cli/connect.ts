/** The one way to the data: a running server, or the same server in this process. There is no other. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient, isFault, listTenants } from '@aside/protocol'
import type { Address, Config } from '@aside/server'
import { EXIT, Problem, usage } from './problems.ts'

export interface ConnectOptions {
  /** Of a running server. Needs `key` beside it. */
  url?: string | undefined
  key?: string | undefined
  dataDir?: string | undefined
  verbose?: boolean
  /** A server of our own writes answers too. Else it leaves them queued: a command that lists keys must not begin one. */
  answers?: boolean
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
const PATIENCE_MS = 10_000

export async function readConfig({
  dataDir,
  ...rest
}: {
  dataDir?: string | undefined
  env?: NodeJS.ProcessEnv
}): Promise<Config> {
  const { parseConfig } = await import('@aside/server')
  try {
    return parseConfig({ ...(rest.env ?? process.env), ...(dataDir === undefined ? {} : { ASIDE_DATA_DIR: dataDir }) })
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

  const config = await readConfig(options)
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
  const { boot, readAddress } = await import('@aside/server')
  const running = await answers(readAddress(config))
  if (running) return running
  const { database } = config
  const isNew = database.kind === 'sqlite' && !existsSync(database.file)
  for (const giveUpAt = Date.now() + PATIENCE_MS; ;) {
    try {
      const own = await boot(
        {
          ...config,
          host: '127.0.0.1',
          port: 0,
          // What a tag must say is where the server will be, not where this command listens for a moment.
          publicUrl:
            config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`,
          log: options.verbose ? 'debug' : 'silent',
        },
        options.answers ? {} : { limits: { engine: { maxTurns: 0 } } },
      )
      if (isNew && database.kind === 'sqlite') options.note?.(`A new database was made: ${database.file}`)
      const where = database.kind === 'sqlite' ? database.file : 'the Postgres database'
      return {
        url: own.url,
        token: own.operatorToken,
        where: `${where}, opened by this command`,
        close: () => own.close({ graceMs: 0, spreadMs: 0 }),
      }
    } catch (error) {
      if (!isTaken(error)) throw storeProblem(error)
      // Its holder may be about to say where it is, or about to end.
      const theirs = await answers(error.address)
      if (theirs) return theirs
      if (Date.now() > giveUpAt)
        throw new Problem('store_taken', error.message, {
          hint: 'it does not answer: end that process, or choose another folder with --data-dir',
          exit: EXIT.unreachable,
          cause: error,
        })
      await sleep(100)
    }
  }
}

const isTaken = (error: unknown): error is Error & { address: Address | undefined } =>
  error instanceof Error && error.name === 'StoreTaken'

export function storeProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error)
  return new Problem('store', message, {
    hint: 'aside doctor looks closer; another place: --data-dir, or DATABASE_URL',
    exit: EXIT.unreachable,
    cause: error,
  })
}
