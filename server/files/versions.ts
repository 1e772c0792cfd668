/** Versions of the widget: which of them a name like `latest`, `v1` or `v1.2` stands for, and what is to be found under it. */
import { major, minor, prerelease, rcompare, valid } from 'semver'

/** Of one folder. `version` as semver has it, without the `v`. */
export interface Names {
  version: string
  names: Iterable<string>
}

export const isVersion = (text: string): boolean => valid(text) === text
export const newestFirst = (versions: Iterable<string>): string[] => [...versions].sort(rcompare)
const isStable = (version: string) => prerelease(version) === null

/** `latest`, `v1`, `v1.2`: the names that move on to this version when it is the newest of them. A pre-release moves none. */
const movingNames = (version: string): string[] =>
  isStable(version) ? ['latest', `v${major(version)}`, `v${major(version)}.${minor(version)}`] : []

/** Name → the version it stands for: first the moving ones, then every version under its own name, the newest first. */
export function channelsOf(versions: Iterable<string>): Map<string, string> {
  const sorted = newestFirst(versions)
  const channels = new Map<string, string>()
  for (const version of sorted)
    for (const name of movingNames(version)) if (!channels.has(name)) channels.set(name, version)
  for (const version of sorted) channels.set(`v${version}`, version)
  return channels
}

export const isExact = (channel: string): boolean => channel.startsWith('v') && isVersion(channel.slice(1))

/** With a hash of what is in it in its name, as Vite writes it: whatever the folder, the name never means anything else. */
export const isHashed = (name: string): boolean => /-[\w-]{8}\.(js|css)$/.test(name)

/**
 * What is to be found under a name, and of which version it is. Under one that moves the chunks of the versions it stood for before
 * stay: a page that began with one of them may ask for the rest much later.
 */
export function filesOf(channel: string, releases: Iterable<Names>): Map<string, string> {
  const all = [...releases]
  const files = new Map<string, string>()
  const current = channelsOf(all.map((it) => it.version)).get(channel)
  for (const { version, names } of all) if (version === current) for (const name of names) files.set(name, version)
  if (isExact(channel)) return files
  for (const { version, names } of all.sort((a, b) => rcompare(a.version, b.version)))
    if (movingNames(version).includes(channel))
      for (const name of names) if (isHashed(name) && !files.has(name)) files.set(name, version)
  return files
}

/**
 * The version that a name stands for. `isGone`: there is no such thing (any more), and this is the next best: the newest of the same
 * major, else the newest. Undefined where there is none at all.
 */
export function resolveVersion(
  channels: ReadonlyMap<string, string>,
  wanted: string,
): { version: string; isGone: boolean } | undefined {
  const there = channels.get(wanted)
  if (there !== undefined) return { version: there, isGone: false }
  const best = channels.get(wanted.split('.')[0] ?? '') ?? channels.get('latest') ?? [...channels.values()][0]
  return best === undefined ? undefined : { version: best, isGone: wanted !== 'latest' }
}
