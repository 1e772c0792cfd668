/** Writes the folder that a server or any host of files serves: every version of the widget that was ever put into it. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { copyFile, cp, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { headerRules, headersFile, MAPS } from './cdn-headers.ts'
import { Build, INDEX, indexOf, type Integrity, readIndex } from './cdn-index.ts'
import { endings, isPacked, packBeside } from './encodings.ts'
import { channelsOf, filesOf, isExact } from './versions.ts'

/** Where `widget/build.ts` puts what it builds. */
export const builtWidget = join(import.meta.dirname, '../../widget/dist/cdn')

export interface Publishing {
  /** A build: a flat folder with its `integrity.json`. Its source maps are in `maps` beside it. */
  from: string
  folder: string
  /** Publish the source maps, too, and name them in a header of each file. Else they go to `<folder>-maps`. */
  withMaps?: boolean
  /** Called for each file, `total` being how many there are. */
  step?: (name: string, total: number) => void
}

export interface Published {
  folder: string
  version: string
  outcome: 'added' | 'unchanged'
  /** `latest`, `v1` … → the version it stands for now. */
  channels: Record<string, string>
  versions: string[]
  /** Of this version. `gzip` and `br` are absent where they would not be smaller. */
  files: { name: string; sizeBytes: number; gzip?: number; br?: number }[]
  /** Where this version's source maps are. Absent: there are none. */
  maps?: string
  /** How many rules the `_headers` file has. */
  rules: number
}

export type Refusal = 'widget_not_built' | 'widget_damaged' | 'not_ours' | 'version_exists' | 'busy'

/** Nothing was changed. */
export class NotPublished extends Error {
  override readonly name = 'NotPublished'
  readonly code: Refusal
  constructor(code: Refusal, message: string) {
    super(message)
    this.code = code
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
const isFile = (path: string) =>
  stat(path).then(
    (it) => !it.isDirectory(),
    () => false,
  )
const list = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return []
    throw error
  })

/** Two names for the same bytes where the file system can do that. */
async function place(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to))
}

const some = (names: string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')

async function readBuild(from: string): Promise<Build> {
  const file = join(from, INDEX)
  if (!existsSync(file)) throw new NotPublished('widget_not_built', `there is no build of the widget in ${from}`)
  const { success, output, issues } = v.safeParse(Build, JSON.parse(await readFile(file, 'utf8')))
  if (!success) throw new NotPublished('widget_damaged', `${file}: ${v.getDotPath(issues[0])}: ${issues[0].message}`)
  const damaged: string[] = []
  for (const [name, wanted] of Object.entries(output.files)) {
    const bytes = await readFile(join(from, name)).catch(() => undefined)
    const found = bytes && `sha384-${createHash('sha384').update(bytes).digest('base64')}`
    if (found !== wanted) damaged.push(name)
  }
  if (damaged.length > 0)
    throw new NotPublished('widget_damaged', `in ${from}, ${some(damaged)} is not what ${INDEX} says`)
  return output
}

/** What was published before. Throws where the folder is somebody else's. */
async function readBefore(folder: string): Promise<Map<string, Integrity>> {
  if (await isFile(folder)) throw new NotPublished('not_ours', `${folder} is a file`)
  const names = await list(folder)
  if (names.length === 0) return new Map()
  const index = names.includes(INDEX) ? readIndex(await readFile(join(folder, INDEX), 'utf8')) : undefined
  if (!index) throw new NotPublished('not_ours', `${folder} is not empty, and aside cdn build did not write it`)
  return new Map(Object.entries(index.versions).filter(([version]) => names.includes(`v${version}`)))
}

/** A version that was published is with people who hold its hash: it stays what it is. */
function mustBeSame(version: string, before: Integrity, { files }: Build): void {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(files)])]
  const others = names.filter((name) => before.files[name] !== files[name])
  if (others.length > 0)
    throw new NotPublished('version_exists', `v${version} was published before, with other bytes in ${some(others)}`)
}

/** What of a folder is made anew each time; all the rest in it is its owner's, and stays. */
const isOurs = (name: string) =>
  name === INDEX ||
  name === '_headers' ||
  name === MAPS ||
  name === 'latest' ||
  /^v\d+(\.\d+)?$/.test(name) ||
  isExact(name)

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** By this process. Another may have had the number of this one before it died. */
const writing = new Set<string>()

/** A place beside the folder for the next one, for one process at a time. One that was left behind is tidied up. */
async function takePlace(folder: string): Promise<{ next: string; before: string; leave(): Promise<void> }> {
  const at = join(dirname(folder), `.${basename(folder)}.building`)
  const busy = (who: string) => new NotPublished('busy', `${who} is writing ${folder} at the moment`)
  if (writing.has(at)) throw busy('this process')
  writing.add(at)
  const [pid, next, before] = [join(at, 'pid'), join(at, 'next'), join(at, 'before')]
  try {
    await mkdir(dirname(folder), { recursive: true })
    if (existsSync(at)) {
      const other = existsSync(pid) ? Number(readFileSync(pid, 'utf8')) : 0
      if (other > 0 && other !== process.pid && isAlive(other)) throw busy(`process ${other}`)
      // It died between taking the old one away and putting the new one there.
      if (existsSync(before) && !existsSync(folder)) await rename(before, folder)
      await rm(at, { recursive: true, force: true })
    }
    await mkdir(at).catch((error: unknown) => {
      throw isCode(error, 'EEXIST') ? busy('another process') : error
    })
    await writeFile(pid, String(process.pid))
    await mkdir(next)
  } catch (error) {
    writing.delete(at)
    throw error
  }
  return {
    next,
    before,
    async leave() {
      await rm(at, { recursive: true, force: true })
      writing.delete(at)
    },
  }
}

/**
 * Adds a build to the folder, beside those that are in it, and moves `latest`, `v1` and `v1.2` on. The folder is written beside the
 * old one and takes its place when it is whole. Throws `NotPublished`.
 */
export async function publish({ from, folder: wanted, withMaps = false, step }: Publishing): Promise<Published> {
  const folder = resolve(wanted)
  const build = await readBuild(from)
  const { version } = build
  const { next, before: old, leave } = await takePlace(folder)
  try {
    const builds = await readBefore(folder)
    const known = builds.get(version)
    if (known) mustBeSame(version, known, build)
    builds.set(version, build)

    for (const name of await list(folder))
      if (!isOurs(name)) await cp(join(folder, name), join(next, name), { recursive: true, verbatimSymlinks: true })
    for (const other of builds.keys())
      if (other !== version) await placeAll(join(folder, `v${other}`), join(next, `v${other}`))
    await addVersion(from, join(next, `v${version}`), build, step)
    const releases = await Promise.all(
      [...builds.keys()].map(async (it) => ({ version: it, names: await list(join(next, `v${it}`)) })),
    )
    const paths = new Set([INDEX])
    for (const channel of channelsOf(builds.keys()).keys()) {
      await mkdir(join(next, channel), { recursive: true })
      for (const [name, it] of namesOf(channel, releases)) {
        if (!isExact(channel)) await place(join(next, `v${it}`, name), join(next, channel, name))
        if (!isPacked(name)) paths.add(`${channel}/${name}`)
      }
    }
    const maps = await addMaps({ from, folder, next, version, withMaps })
    for (const inside of await list(join(next, MAPS)))
      for (const name of await list(join(next, MAPS, inside)))
        if (!isPacked(name)) paths.add(`${MAPS}/${inside}/${name}`)
    const index = indexOf(builds)
    await writeFile(join(next, INDEX), `${JSON.stringify(index, null, 2)}\n`)
    await writeFile(join(next, '_headers'), headersFile(paths))

    if (existsSync(folder)) await rename(folder, old)
    await rename(next, folder)
    return {
      folder,
      version,
      outcome: known ? 'unchanged' : 'added',
      channels: index.channels,
      versions: Object.keys(index.versions),
      files: await measure(join(folder, `v${version}`), [...Object.keys(build.files), INDEX]),
      ...(maps === undefined ? {} : { maps }),
      rules: headerRules(paths).length,
    }
  } finally {
    if (existsSync(old) && !existsSync(folder)) await rename(old, folder)
    await leave()
  }
}

/** What a name holds, the packed forms of each file with it. */
function namesOf(channel: string, releases: { version: string; names: string[] }[]): [name: string, version: string][] {
  const plain = releases.map(({ version, names }) => ({ version, names: names.filter((it) => !isPacked(it)) }))
  const there = new Map(releases.map(({ version, names }) => [version, new Set(names)]))
  return [...filesOf(channel, plain)].flatMap(([name, version]) =>
    [name, ...Object.values(endings).map((ending) => name + ending)]
      .filter((it) => there.get(version)!.has(it))
      .map((it): [string, string] => [it, version]),
  )
}

async function placeAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of await list(from)) await place(join(from, name), join(to, name))
}

async function addVersion(from: string, to: string, build: Build, step: Publishing['step']): Promise<void> {
  await mkdir(to)
  const names = Object.keys(build.files)
  await writeFile(join(to, INDEX), `${JSON.stringify(build, null, 2)}\n`)
  for (const name of names) await copyFile(join(from, name), join(to, name))
  for (const name of [...names, INDEX]) {
    await packBeside(to, name)
    step?.(name, names.length + 1)
  }
}

interface Mapped {
  from: string
  folder: string
  next: string
  version: string
  withMaps: boolean
}

/** Those of other versions stay as they are, published or not. */
async function addMaps({ from, folder, next, version, withMaps }: Mapped): Promise<string | undefined> {
  for (const other of await list(join(folder, MAPS)))
    if (other !== `v${version}`) await placeAll(join(folder, MAPS, other), join(next, MAPS, other))
  const made = join(dirname(resolve(from)), MAPS)
  const names = (await list(made)).filter((name) => name.endsWith('.map'))
  if (names.length === 0) return undefined
  const inside = join(MAPS, `v${version}`)
  const to = withMaps ? join(next, inside) : join(`${folder}-${MAPS}`, `v${version}`)
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  for (const name of names) {
    await copyFile(join(made, name), join(to, name))
    if (withMaps) await packBeside(to, name)
  }
  return withMaps ? join(folder, inside) : to
}

const measure = (folder: string, names: string[]): Promise<Published['files']> =>
  Promise.all(
    names.map(async (name) => {
      const sizeOf = (file: string) =>
        stat(join(folder, file)).then(
          (it) => it.size,
          () => undefined,
        )
      const [gzip, br] = [await sizeOf(name + endings.gzip), await sizeOf(name + endings.br)]
      return {
        name,
        sizeBytes: (await sizeOf(name)) ?? 0,
        ...(gzip === undefined ? {} : { gzip }),
        ...(br === undefined ? {} : { br }),
      }
    }),
  )
