/** From a configuration to a server that listens, and back to nothing. */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Check } from '@aside/protocol'
import { type Address, addressFile, readAddress } from './address.ts'
import { createOpenAi } from './ai/index.ts'
import { type App, type AppParts, createApp, entities } from './app.ts'
import { type Doors, openDoors } from './doors.ts'
import { builtWidget } from './files/index.ts'
import {
  type Config,
  createEdge,
  createLog,
  type Edge,
  lockSqlite,
  type Log,
  makeFolder,
  openDb,
} from './platform/index.ts'

export interface BootOptions {
  log?: Log
  edge?: Partial<Edge>
  /** Check what we say against the contract. */
  strict?: boolean
  cdnFolder?: string
  limits?: AppParts['limits']
  /** Between two looks for what nobody needs any more. */
  tidyEveryMs?: number
  openaiOptions?: Partial<Parameters<typeof createOpenAi>[0]>
  /** It will be gone in a moment: whoever finds the store taken had better wait than call. */
  isBrief?: boolean
}

export interface Running {
  url: string
  operatorToken: string
  app: App
  server: Server
  /** Answers may end for `graceMs` (default 10 000); readers are told to come back within `spreadMs` (default 5 000). */
  close(how?: { graceMs?: number; spreadMs?: number }): Promise<void>
}

/** Another server process holds this SQLite file. `address` is where it listens, where that is known. */
export class StoreTaken extends Error {
  override readonly name = 'StoreTaken'
  readonly address: Address | undefined
  constructor(file: string, address: Address | undefined) {
    super(`${file} is in use by another Aside server${address ? ` (process ${address.pid}, ${address.url})` : ''}`)
    this.address = address
  }
}

/** For how long a reader may take its last events when everything has ended. */
const LAST_WORDS_MS = 1_000

export const version: string = v.parse(
  v.object({ version: v.string() }),
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')),
).version

/** Throws `StoreTaken`, or an error in words where the store cannot be opened. Nothing is left behind then. */
export async function boot(config: Config, options: BootOptions = {}): Promise<Running> {
  const log = options.log ?? createLog(config.log)
  const edge = createEdge(options.edge)
  const lock = config.database.kind === 'sqlite' ? lockSqlite(config.database.file) : { release() {} }
  if (!lock) throw new StoreTaken(config.database.kind === 'sqlite' ? config.database.file : '', readAddress(config))
  let db
  try {
    db = await openDb(config.database, entities)
    const applied = await db.migrate()
    if (applied.length > 0) log.info('migrated', { migrations: applied.join(', ') })
  } catch (error) {
    await db?.close().catch(() => {})
    lock.release()
    throw error
  }

  const { openai } = config
  const provider = openai && createOpenAi({ apiKey: openai.apiKey, baseUrl: openai.baseUrl, ...options.openaiOptions })
  let publicUrl = config.publicUrl ?? ''
  let listenUrl = ''
  const operatorToken = `as_op_${randomBytes(24).toString('base64url')}`
  const app = await createApp({
    db,
    edge,
    log,
    version,
    addresses: { api: () => publicUrl, embed: config.embedUrl, studio: config.studioUrl, listens: () => listenUrl },
    operatorToken,
    secretsKey: config.secretsKey,
    openai: provider && openai && { model: provider, name: openai.model },
    cdnFolder: options.cdnFolder ?? config.cdnFolder ?? builtWidget,
    strict: options.strict ?? false,
    trustedProxies: config.trustedProxies,
    rates: config.rates,
    tidyEveryMs: options.tidyEveryMs,
    limits: {
      ...options.limits,
      engine: { maxTurns: config.maxTurns, maxQueued: config.maxQueuedTurns, ...options.limits?.engine },
    },
    checks: () => checkProvider(config, edge),
  })

  // Slow requests are cut early; a stream is a response, so these do not touch it.
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
    },
    app.koa.callback(),
  )
  let opened: Doors | undefined
  let url: string
  const file = addressFile(config)
  try {
    opened = await openDoors(server, config.host, config.port)
    url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${opened.port}`
    publicUrl ||= url
    listenUrl = url
    await app.start()
    makeFolder(dirname(file))
    writeFileSync(file, JSON.stringify({ url, token: operatorToken, pid: process.pid, isBrief: options.isBrief }), {
      mode: 0o600,
    })
    chmodSync(file, 0o600)
  } catch (error) {
    // Nobody can be told of it where it listens: so it does not.
    if (opened) {
      await app.drain(0, 0)
      await closeServer(server, opened, 0)
    }
    await db.close()
    lock.release()
    throw error
  }
  const doors = opened
  log.info('listening', { url, publicUrl, store: config.database.kind, model: openai?.model ?? 'local' })

  return {
    url,
    operatorToken,
    app,
    server,
    async close({ graceMs = 10_000, spreadMs = 5_000 } = {}) {
      // Until the last answer has ended it still says to whoever asks that it leaves, and takes nothing on.
      await app.drain(graceMs, spreadMs)
      await closeServer(server, doors, LAST_WORDS_MS)
      await provider?.close()
      if (readAddress(config)?.token === operatorToken) rmSync(file, { force: true })
      await db.close()
      lock.release()
      log.info('closed')
    },
  }
}

/** Lets every connection take what was written to it, for at most `ms`. */
async function closeServer(server: Server, doors: Doors, ms: number): Promise<void> {
  const closed = doors.close()
  const idle = setInterval(() => server.closeIdleConnections(), 10)
  const late = setTimeout(() => server.closeAllConnections(), ms)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}

async function checkProvider({ openai }: Config, edge: Edge): Promise<Check[]> {
  if (!openai)
    return [{ name: 'model', ok: true, detail: 'local: quotes the sources; set OPENAI_API_KEY for a language model' }]
  const base = openai.baseUrl ?? 'https://api.openai.com/v1'
  try {
    const response = await edge.fetch(`${base}/models`, {
      headers: { authorization: `Bearer ${openai.apiKey}` },
      signal: AbortSignal.timeout(5_000),
    })
    if (response.ok) return [{ name: 'model', ok: true, detail: `${openai.model} at ${base}` }]
    const fix = response.status === 401 ? 'check OPENAI_API_KEY' : 'check OPENAI_BASE_URL'
    return [{ name: 'model', ok: false, detail: `${base} answered ${response.status}`, fix }]
  } catch {
    return [
      { name: 'model', ok: false, detail: `${base} cannot be reached`, fix: 'check OPENAI_BASE_URL and the network' },
    ]
  }
}
