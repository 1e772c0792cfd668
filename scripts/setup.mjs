/**
 * Installs what is missing: runs on any Node from 20 on, before there is anything else. It does nothing where pnpm finished
 * with this very lockfile before, for asking pnpm takes seconds.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PNPM = 'pnpm@12.18.0'

function read(...path) {
  try {
    return readFileSync(join(root, ...path), 'utf8')
  } catch {
    return undefined
  }
}

/** pnpm keeps a copy of the lockfile beside what it has installed, and writes it last. */
if (read('pnpm-lock.yaml') !== read('node_modules', '.pnpm', 'lock.yaml')) {
  console.log('Installing what Aside needs (once, half a minute) …')
  const { status, error } = spawnSync(
    'npx',
    ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      shell: process.platform === 'win32',
      // Without a terminal pnpm would rather ask than replace what another version of it has installed.
      env: { ...process.env, CI: 'true' },
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  if (status !== 0) {
    console.error(
      `Installing failed${error ? `: ${error.message}` : ''}. By hand: npx ${PNPM} install --frozen-lockfile`,
    )
    process.exit(status ?? 1)
  }
}
