/** The widget's files: found by name in a table, so that no path can lead anywhere else. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as v from 'valibot'
import { headersOf, MAPS } from './cdn-headers.ts'
import { type CdnIndex, INDEX, indexOf, Integrity, readIndex } from './cdn-index.ts'
import { type Encoding, encodings, endings, isPacked } from './encodings.ts'
import { channelsOf, filesOf, resolveVersion } from './versions.ts'

export interface Asset {
  type: string
  /** Without the quotes, of the file as it is. */
  hash: string
  /** In which forms it is there, beside as it is. */
  encodings: Encoding[]
  /** Undefined where the file has gone since. */
  read(encoding: Encoding | undefined): Promise<Buffer | undefined>
}

export interface Cdn {
  /** Where it is, for people. */
  readonly folder: string
  /** The names there are: `latest`, `v1`, `v1.2`, `v1.2.3`. None where the widget was not built. */
  channels(): Map<string, string>
  /** What a name stands for; `isGone`: there is no such thing, and this is the next best. Undefined where there is nothing. */
  resolve(wanted: string): { version: string; integrity: Integrity; isGone: boolean } | undefined
  /** By its path, such as `latest/embed.js`. */
  find(path: string): { asset: Asset; headers: Record<string, string> } | undefined
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url').slice(0, 22)

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((it) => it.isFile())
        .map((it) => it.name)
    : []

interface Held {
  channels: Map<string, string>
  builds: Map<string, Integrity>
  paths: Set<string>
  assets: Map<string, Asset>
}

/** Read once, and kept: whoever builds the widget anew changes nothing for a server that runs. */
function readAsset(folder: string, name: string, there: ReadonlySet<string>): Asset | undefined {
  const type = types[extname(name)]
  if (!type) return undefined
  const bytes = readFileSync(join(folder, name))
  const packed: Partial<Record<Encoding, Buffer>> = {}
  for (const encoding of encodings)
    if (there.has(name + endings[encoding])) packed[encoding] = readFileSync(join(folder, name + endings[encoding]))
  const gzip = packed.gzip ?? gzipSync(bytes, { level: 9 })
  if (gzip.length < bytes.length) packed.gzip = gzip
  return {
    type,
    hash: hashOf(bytes),
    encodings: encodings.filter((it) => packed[it]),
    read: async (encoding) => (encoding && packed[encoding]) ?? bytes,
  }
}

function assetOf(index: CdnIndex): Asset {
  const bytes = Buffer.from(`${JSON.stringify(index, null, 2)}\n`)
  return { type: types['.json']!, hash: hashOf(bytes), encodings: [], read: async () => bytes }
}

/** The one build of this server, in a flat folder as `widget/build.ts` writes it, under every name its version has. */
function holdBuild(folder: string, version: string): Held {
  const there = new Set(filesIn(folder))
  const files = new Map<string, Asset>()
  for (const name of there) {
    const asset = isPacked(name) ? undefined : readAsset(folder, name, there)
    if (asset) files.set(name, asset)
  }
  const isBuilt = there.has(INDEX)
  const builds = new Map<string, Integrity>()
  if (isBuilt) builds.set(version, v.parse(Integrity, JSON.parse(readFileSync(join(folder, INDEX), 'utf8'))))
  const [major, minor] = version.split('.')
  const names = ['latest', `v${major}`, `v${major}.${minor}`, `v${version}`]
  const assets = new Map<string, Asset>()
  for (const channel of names) for (const [name, asset] of files) assets.set(`${channel}/${name}`, asset)
  const channels = new Map(isBuilt ? names.map((name) => [name, version]) : [])
  if (isBuilt) assets.set(INDEX, assetOf(indexOf(builds, channels)))
  return { builds, channels, assets, paths: new Set(assets.keys()) }
}

/** What was read lately. A version's files never change, so that what is here is right. */
function createShelf(most = 1_000) {
  const read = new Map<string, Promise<Buffer | undefined>>()
  return (file: string): Promise<Buffer | undefined> => {
    const known = read.get(file)
    if (known) return known
    if (read.size >= most) read.clear()
    const bytes = readFile(file).catch(() => {
      read.delete(file)
      return undefined
    })
    read.set(file, bytes)
    return bytes
  }
}

/** Versions whose folder is there; the files of the names that move are those of the versions they stand for. */
function holdFolder(folder: string, index: CdnIndex, shelf: ReturnType<typeof createShelf>): Held {
  const builds = new Map(Object.entries(index.versions).filter(([version]) => existsSync(join(folder, `v${version}`))))
  const releases = [...builds.keys()].map((version) => ({
    version,
    there: new Set(filesIn(join(folder, `v${version}`))),
  }))
  const channels = channelsOf(builds.keys())
  const assets = new Map<string, Asset>([[INDEX, assetOf(indexOf(builds, channels))]])
  const add = (path: string, inside: string, name: string, there: ReadonlySet<string>, sri?: string) => {
    const type = types[extname(name)]
    if (!type || isPacked(name)) return
    const file = join(folder, inside, name)
    assets.set(path, {
      type,
      hash:
        sri
          ?.replace(/^sha384-/, '')
          .replaceAll('+', '-')
          .replaceAll('/', '_')
          .slice(0, 22) ?? hashOf(readFileSync(file)),
      encodings: encodings.filter((it) => there.has(name + endings[it])),
      read: (encoding) => shelf(encoding ? file + endings[encoding] : file),
    })
  }
  const listed = releases.map(({ version, there }) => ({ version, names: there }))
  const thereOf = new Map(releases.map(({ version, there }) => [version, there]))
  for (const channel of channels.keys())
    for (const [name, version] of filesOf(channel, listed))
      add(`${channel}/${name}`, `v${version}`, name, thereOf.get(version)!, builds.get(version)!.files[name])
  for (const version of builds.keys()) {
    const maps = new Set(filesIn(join(folder, MAPS, `v${version}`)))
    for (const name of maps) add(`${MAPS}/v${version}/${name}`, join(MAPS, `v${version}`), name, maps)
  }
  return { builds, channels, assets, paths: new Set(assets.keys()) }
}

/** How often a folder is looked at for another version: the next `aside cdn build` needs no restart. */
const LOOK_EVERY_MS = 1_000

/**
 * Of a folder that `aside cdn build` wrote, or of a flat one with the build of `version`, which is read once. A folder that is not
 * there is an empty one.
 */
export function openCdn(folder: string, version: string, now: () => number = Date.now): Cdn {
  const file = join(folder, INDEX)
  const shelf = createShelf()
  const read = () => (existsSync(file) ? readIndex(readFileSync(file, 'utf8')) : undefined)
  // The folder's own time tells of a version that somebody took away.
  const stampOf = () => [file, folder].map((it) => statSync(it, { throwIfNoEntry: false })?.mtimeMs).join(' ')

  let stamp = stampOf()
  let lookedAt = now()
  const written = read()
  let held = written ? holdFolder(folder, written, shelf) : holdBuild(folder, version)

  function current(): Held {
    if (!written || Math.abs(now() - lookedAt) < LOOK_EVERY_MS) return held
    lookedAt = now()
    const seen = stampOf()
    if (seen === stamp) return held
    // While it is put in its place, some of it may not be there: what was there is as good until the next look.
    try {
      const index = read()
      const next = index && holdFolder(folder, index, shelf)
      if (next && next.builds.size > 0) [held, stamp] = [next, seen]
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
    return held
  }

  return {
    folder,
    channels: () => current().channels,
    resolve(wanted) {
      const { builds, channels } = current()
      const found = resolveVersion(channels, wanted)
      return found && { ...found, integrity: builds.get(found.version)! }
    },
    find(path) {
      const { assets, paths } = current()
      const asset = assets.get(path)
      return asset && { asset, headers: headersOf(path, paths) }
    },
  }
}
