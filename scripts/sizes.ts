/** What each way to embed costs a visitor, in bytes of gzip, measured from the built files. Exits with 1 above a budget. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'

const folder = join(import.meta.dirname, '../widget/dist/cdn')

export interface Size {
  what: string
  files: string[]
  bytes: number
  /** Bytes of gzip; 1 kB is 1 000. */
  budget?: number
}

interface Manifest {
  frame: { script: string; styles: string[]; preload: string[] }
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const gzipBytes = (name: string): number => gzipSync(read(name), { level: 9 }).length

/** The files a browser fetches before it can run `entry`: what it imports outright, and what that imports. */
function closure(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const [, name] of read(entry).matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([\w.-]+\.(?:js|css))["'`]/g))
    if (name) closure(name, seen)
  return seen
}

const total = (what: string, entries: Iterable<string>, budget?: number): Size => {
  const files = [...new Set([...entries].flatMap((entry) => [...closure(entry)]))]
  const bytes = files.reduce((sum, name) => sum + gzipBytes(name), 0)
  return { what, files, bytes, ...(budget === undefined ? {} : { budget }) }
}

const scripts = () => readdirSync(folder).filter((name) => name.endsWith('.js'))

/** The file of the build called `prefix` that holds what was asked for. */
function holding(prefix: string, pattern: RegExp): string {
  const names = scripts().filter((name) => name.startsWith(prefix) && pattern.test(read(name)))
  if (names.length !== 1)
    throw new Error(`expected one ${prefix}* with ${pattern}, found ${names.join(', ') || 'none'}`)
  return names[0]!
}

export function sizes(): Size[] {
  const { frame } = JSON.parse(read('integrity.json')) as Manifest
  const usable = ['embed.js', 'embed-port.js', frame.script, ...frame.styles, ...frame.preload]
  const exposed = holding('remote-__federation_expose_Mount', /./)
  const remote = total('federated into a host with Vue and Pinia, until the launcher shows', [
    'remoteEntry.js',
    exposed,
  ])
  const own = remote.files.filter((name) => !isShared(name))
  return [
    total('script tag, until the launcher shows', ['embed.js'], 2_000),
    total('script tag, until the chat is usable', usable, 60_000),
    total('script tag, until the first answer is drawn', [...usable, holding('frame-part-', /blockquote/)]),
    total('instead of Chatwoot’s SDK, besides', ['chatwoot.js'], 2_000),
    total('instead of Intercom’s Messenger, besides', ['intercom.js'], 2_000),
    total('<aside-chat>, until the chat is usable', ['aside-chat.js']),
    total('<aside-chat> as a plain script, everything in one file', ['aside-chat.iife.js']),
    { ...remote, files: own, bytes: own.reduce((sum, name) => sum + gzipBytes(name), 0) },
    total('federated into a plain page, until the launcher shows', [...remote.files, ...shared()]),
  ]
}

const isShared = (name: string) => name.startsWith('remote-__federation_shared_')
const shared = () => scripts().filter(isShared)

if (import.meta.main) {
  const rows = sizes()
  const width = Math.max(...rows.map(({ what }) => what.length))
  for (const { what, bytes, budget, files } of rows) {
    const limit = budget === undefined ? '' : ` of ${(budget / 1_000).toFixed(1)} ${bytes > budget ? 'TOO MUCH' : 'ok'}`
    const count = `${files.length} file${files.length === 1 ? '' : 's'}`
    console.log(`${what.padEnd(width)}  ${(bytes / 1_000).toFixed(2).padStart(6)} kB${limit.padEnd(10)}  ${count}`)
  }
  if (rows.some(({ bytes, budget }) => budget !== undefined && bytes > budget)) process.exitCode = 1
}
