/** The widget's built files, in memory: found by name in a table, so that no path can lead anywhere else. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as v from 'valibot'

export interface Asset {
  bytes: Buffer
  /** Absent where compressing does not pay. */
  gzip?: Buffer
  type: string
  etag: string
}

const Integrity = v.object({
  /** File name → `sha384-…`. */
  files: v.record(v.string(), v.string()),
  /** What the iframe's document loads. */
  frame: v.object({ script: v.string(), styles: v.array(v.string()), preload: v.optional(v.array(v.string()), []) }),
})
export type Integrity = v.InferOutput<typeof Integrity>

export interface Cdn {
  readonly version: string
  /** Undefined where the widget was not built. */
  readonly integrity: Integrity | undefined
  /** `latest`, `v1`, `v1.2` and `v1.2.3` name the same build; only the last never changes. */
  find(channel: string, path: string): { asset: Asset; isPinned: boolean } | undefined
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

/** Reads the whole folder once. A folder that is not there is an empty one. */
export function openCdn(folder: string, version: string): Cdn {
  const assets = new Map<string, Asset>()
  if (existsSync(folder))
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)]
      if (!entry.isFile() || !type) continue
      const file = join(entry.parentPath, entry.name)
      const bytes = readFileSync(file)
      const gzip = gzipSync(bytes, { level: 9 })
      assets.set(relative(folder, file).split(sep).join('/'), {
        bytes,
        ...(gzip.length < bytes.length ? { gzip } : {}),
        type,
        etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      })
    }
  const [major, minor] = version.split('.')
  const channels = new Set(['latest', `v${major}`, `v${major}.${minor}`, `v${version}`])
  const written = assets.get('integrity.json')
  return {
    version,
    integrity: written ? v.parse(Integrity, JSON.parse(written.bytes.toString('utf8'))) : undefined,
    find(channel, path) {
      const asset = channels.has(channel) ? assets.get(path) : undefined
      return asset && { asset, isPinned: channel === `v${version}` }
    },
  }
}
