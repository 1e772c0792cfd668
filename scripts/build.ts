/** Builds the widget and the demo site, each only where something it is made of has changed. `--force` builds anyway. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

const root = join(import.meta.dirname, '..')

interface Part {
  name: string
  command: string[]
  /** Files and globs it is made of, beside the configuration and the lockfile. */
  sources: string[]
  result: string
  stamp: string
}

const parts: Part[] = [
  {
    name: 'the widget',
    command: ['widget/build.ts'],
    sources: ['widget/**/*.{ts,vue,css}', 'protocol/*.ts', 'widget/package.json', 'server/files/encodings.ts'],
    result: 'widget/dist/cdn/integrity.json',
    stamp: 'widget/dist/.made-of',
  },
  {
    name: 'the demo site',
    command: ['host-demo/build.ts'],
    sources: ['host-demo/federated/*', 'host-demo/build.ts'],
    result: 'host-demo/dist/configurator.js',
    stamp: 'host-demo/dist/.made-of',
  },
]

function fingerprint(part: Part): string {
  const hash = createHash('sha256')
  const files = globSync([...part.sources, 'vite.config.ts', 'pnpm-lock.yaml'], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.test.ts', '**/testing/**'],
  })
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

/** Throws where a build fails; what it had built before stays. */
export function buildStale({ force = false } = {}): void {
  for (const part of parts) {
    const stamp = join(root, part.stamp)
    const now = fingerprint(part)
    const before = existsSync(stamp) && existsSync(join(root, part.result)) ? readFileSync(stamp, 'utf8') : ''
    if (before === now && !force) continue
    console.log(`Building ${part.name} …`)
    const { status, stdout, stderr } = spawnSync(process.execPath, part.command, { cwd: root, encoding: 'utf8' })
    if (status !== 0) throw new Error(`Building ${part.name} failed:\n${stdout}${stderr}`)
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, now)
  }
}

if (import.meta.main) buildStale({ force: process.argv.includes('--force') })
