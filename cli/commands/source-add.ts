import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  addSource,
  type Client,
  type ErrorCode,
  isFault,
  MAX_SOURCE_BYTES,
  removeSource,
  type SourceAdded,
} from '@aside/protocol'
import { chooseApp, type Chosen, allSources, tenantOf } from '../choose.ts'
import type { Connection } from '../connect.ts'
import type { Context } from '../context.ts'
import { type Document, documentsUnder } from '../documents.ts'
import { type Output, printable } from '../output.ts'
import { EXIT, Problem, usage } from '../problems.ts'

export interface AddOptions {
  app?: string
  tenant?: string
  prefix?: string
  prune?: boolean
  includeDependencies?: boolean
}

interface Result {
  name: string
  outcome: SourceAdded['outcome'] | 'refused'
  sourceId?: string
  chunks?: number
  error?: { code: string; message: string }
}

/** Sent side by side: while one is written, the next is read. */
const AT_ONCE = 4

/** What is wrong with one document, and no reason to leave the others out. */
const ofTheDocument = new Set<ErrorCode>([
  'unsupported_source',
  'unsupported_media_type',
  'invalid_encoding',
  'invalid_input',
  'body_missing',
  'body_too_large',
  'internal',
])

/** Adds every document it can. A refused one is told and decides the exit code; the rest is added all the same. */
export async function addSources({ out, connect }: Context, paths: string[], options: AddOptions): Promise<void> {
  const leftOut: string[] = []
  const documents = gather(paths, options, leftOut)
  const connection = await connect()
  const { client } = connection
  const app = await chooseApp(connection, options.app, options)
  const { results, isStopped } = await sendAll(client, app, documents, out)
  const removed = options.prune && !isStopped ? await prune(connection, app, documents, options) : []
  report(out, app, { results, removed, leftOut, total: documents.length })
  if (isStopped) process.exitCode = EXIT.interrupted
  else if (results.some((it) => it.outcome === 'refused')) process.exitCode = EXIT.refused
}

const prefixed = (prefix: string | undefined) => (prefix ? `${prefix.replace(/^\.?\/+|\/+$/g, '')}/` : '')

function gather(paths: string[], options: AddOptions, leftOut: string[]): Document[] {
  const { prefix, prune, includeDependencies } = options
  const before = prefixed(prefix)
  const byName = new Map<string, Document>()
  for (const path of paths) {
    const found = documentsUnder(path, {
      dependencies: includeDependencies ?? false,
      leftOut: (name) => leftOut.push(name),
    })
    if (prune && found.length === 0)
      throw usage(`there are no documents in ${path}, and --prune would remove what there is`, 'check the path')
    for (const document of found) {
      const name = before + document.name
      const other = byName.get(name)
      if (other && other.file !== document.file)
        throw usage(
          `${other.file} and ${document.file} would both be called ${name}`,
          'add them one by one, with --prefix',
        )
      byName.set(name, { ...document, name })
    }
  }
  if (byName.size === 0)
    throw new Problem('not_found', `there are no documents in ${paths.join(', ')}${othersIn(leftOut)}`, {
      hint: 'Markdown, plain text and HTML are taken; node_modules only with --include-dependencies',
    })
  return [...byName.values()]
}

const othersIn = (leftOut: string[]) =>
  leftOut.length === 0 ? '' : `, only ${leftOut.slice(0, 3).join(', ')}${leftOut.length > 3 ? ' …' : ''}`

async function sendAll(client: Client, app: Chosen, documents: Document[], out: Output) {
  const results: Result[] = []
  const bar = out.bar(documents.length)
  const waiting = documents.values()
  let isStopped = false
  // What is under way is finished, and the rest is left as it is.
  const interrupt = () => {
    if (isStopped) process.exit(EXIT.interrupted)
    isStopped = true
  }
  process.on('SIGINT', interrupt)
  let failure: unknown
  const lane = async () => {
    for (const document of waiting) {
      if (isStopped || failure !== undefined) return
      try {
        results.push(await send(client, app, document))
      } catch (error) {
        failure ??= error
        return
      }
      bar.step(document.name)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  bar.stop()
  process.off('SIGINT', interrupt)
  if (failure !== undefined) {
    if (results.length > 0) out.note(`${results.length} of ${documents.length} were done before this:`)
    throw failure
  }
  results.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { results, isStopped }
}

async function send(client: Client, app: Chosen, { file, name, sizeBytes, contentType }: Document): Promise<Result> {
  const refused = (code: string, message: string): Result => ({ name, outcome: 'refused', error: { code, message } })
  if (sizeBytes > MAX_SOURCE_BYTES)
    return refused(
      'body_too_large',
      `it has ${Math.ceil(sizeBytes / 1_048_576)} MB; ${MAX_SOURCE_BYTES / 1_048_576} are allowed`,
    )
  let content
  try {
    content = new Uint8Array(await readFile(file))
  } catch (error) {
    return refused('unreadable', error instanceof Error ? error.message : String(error))
  }
  for (let attempt = 1; ; attempt++)
    try {
      const query = { appId: app.id, name }
      const { source, outcome } = await client.call(addSource, { query, content, contentType }, { timeoutMs: 120_000 })
      return { name, outcome, sourceId: source.id, chunks: source.chunks }
    } catch (error) {
      if (!isFault(error)) throw error
      if (ofTheDocument.has(error.code)) return refused(error.code, error.message)
      // Adding the same again does nothing, so trying again is safe.
      if (!error.retryable || attempt === 4) throw error
      await sleep(Math.min(error.retryAfterMs ?? 0, 10_000) + 300 * attempt)
    }
}

async function prune(
  connection: Connection,
  app: Chosen,
  documents: Document[],
  { prefix }: AddOptions,
): Promise<string[]> {
  const { client } = connection
  const before = prefixed(prefix)
  const kept = new Set(documents.map((it) => it.name))
  const sources = await allSources(connection, app.id)
  const gone = sources.filter((it) => it.name.startsWith(before) && !kept.has(it.name))
  const query = tenantOf(connection, app)
  for (const source of gone) await client.call(removeSource, { params: { sourceId: source.id }, query })
  return gone.map((it) => it.name)
}

interface Report {
  results: Result[]
  removed: string[]
  /** Of a kind that is not taken from a folder. */
  leftOut: string[]
  total: number
}

/** So many are named, and the rest counted. */
const NAMED = 5

function report(out: Output, app: Chosen, { results, removed, leftOut, total }: Report): void {
  const count = (outcome: Result['outcome']) => results.filter((it) => it.outcome === outcome).length
  const summary = {
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    removed: removed.length,
  }
  out.show({ appId: app.id, summary, sources: results, removed, leftOut }, () => {
    const { paint } = out
    for (const { name, error } of results)
      if (error) out.line(`${paint.red('refused')}  ${printable(name)}: ${printable(error.message)}`)
    for (const name of removed) out.line(`${paint.yellow('removed')}  ${printable(name)}`)
    const shown = Object.entries(summary).filter(([, number]) => number > 0)
    out.table(
      shown.map(([name]) => name.toUpperCase()),
      [shown.map(([, number]) => number)],
    )
    if (leftOut.length > 0) {
      const more = leftOut.length > NAMED ? `, and ${leftOut.length - NAMED} more` : ''
      out.note(
        `Left out, for they are no Markdown, plain text or HTML: ${printable(leftOut.slice(0, NAMED).join(', '))}${more}`,
      )
    }
    if (results.length < total) out.note(`${total - results.length} of ${total} were left: given up with Ctrl-C.`)
  })
}
