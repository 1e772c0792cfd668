/** With which headers a file of the widget is served: by this server, and by whoever else has the folder and reads its `_headers`. */
import { isExact, isHashed } from './versions.ts'

/** Pages of every origin load it, isolated ones too, and nothing is guessed about what it is. */
const always = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
}

const FOREVER = 'public, max-age=31536000, immutable'
/** A new version is with everybody after five minutes, and nobody waits for it. */
const FIVE_MINUTES = 'public, max-age=300, stale-while-revalidate=86400'

/** Where the source maps of a version are, where they are published. */
export const MAPS = 'maps'

const neverChanges = (channel: string, name: string) => isExact(channel) || channel === MAPS || isHashed(name)

const partsOf = (path: string): [channel: string, name: string] => {
  const at = path.indexOf('/')
  return at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)]
}

/** Its source map, as its `SourceMap` header names it: seen from the file. */
function mapOf(path: string, paths: ReadonlySet<string>): string | undefined {
  const [channel, name] = partsOf(path)
  const map = `${MAPS}/${channel}/${name}.map`
  return isExact(channel) && paths.has(map) ? `../${map}` : undefined
}

/** Of a file that is there, by its path in the folder, such as `latest/embed.js`. `paths` are all there are. */
export function headersOf(path: string, paths: ReadonlySet<string>): Record<string, string> {
  const [channel, name] = partsOf(path)
  const map = mapOf(path, paths)
  return {
    ...always,
    'Cache-Control': neverChanges(channel, name) ? FOREVER : FIVE_MINUTES,
    ...(map === undefined ? {} : { SourceMap: map }),
  }
}

interface Rule {
  pattern: string
  headers: Record<string, string>
}

/** The shortest patterns that match all of `these`, and none of `others`. */
function patternsOf(these: string[], others: string[], from = ''): string[] {
  const inside = these.filter((it) => it.startsWith(from))
  if (from !== '' && !others.some((it) => it.startsWith(from))) return [`${from}*`]
  // One that another name begins with stands for itself.
  const whole = inside.includes(from) ? [from] : []
  const letters = new Set(inside.filter((it) => it !== from).map((it) => it[from.length]!))
  return [...whole, ...[...letters].sort().flatMap((letter) => patternsOf(these, others, from + letter))]
}

/**
 * No two rules say the same header of one path: hosts join what several say with a comma, which is no `Cache-Control` any more.
 * Cloudflare reads a hundred rules at the most.
 */
export function headerRules(paths: ReadonlySet<string>): Rule[] {
  const rules: Rule[] = [{ pattern: '/*', headers: always }]
  const say = (pattern: string, cache: string) => rules.push({ pattern, headers: { 'Cache-Control': cache } })
  const folders = Map.groupBy(paths, (path) => partsOf(path)[0])
  for (const [channel, inside] of folders) {
    const names = inside.map((path) => partsOf(path)[1])
    if (channel === MAPS || isExact(channel)) say(`/${channel}/*`, FOREVER)
    else {
      const at = channel === '' ? '' : `/${channel}`
      const moving = names.filter((name) => !neverChanges(channel, name))
      for (const name of moving) say(`${at}/${name}`, FIVE_MINUTES)
      const lasting = names.filter((name) => neverChanges(channel, name))
      for (const pattern of patternsOf(lasting, moving)) say(`${at}/${pattern}`, FOREVER)
    }
  }
  for (const path of paths) {
    const map = mapOf(path, paths)
    if (map !== undefined) rules.push({ pattern: `/${path}`, headers: { SourceMap: map } })
  }
  return rules
}

/** The `_headers` file that Cloudflare and Netlify read. */
export const headersFile = (paths: ReadonlySet<string>): string =>
  headerRules(paths)
    .map(({ pattern, headers }) =>
      [pattern, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`), ''].join('\n'),
    )
    .join('\n')
