/**
 * `npm test`: every test there is, and one plain last line of what came out. What the surroundings do not have is said loudly
 * and counts as skipped; with `CI=true` it counts as failed. `--ci` adds lint, types and sizes, one check each; `--firefox` runs
 * every browser test in Firefox, and nothing else.
 * Anything else is handed to Vitest: `npm test -- server`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { styleText } from 'node:util'
import { findChromium } from '../host-demo/testing/chromium.ts'
import { findFirefox } from '../host-demo/testing/firefox.ts'
import { buildStale } from './build.ts'
import { canConnect } from './can-connect.ts'
import { addUp, readReport, type Sum } from './test-report.ts'

const root = join(import.meta.dirname, '..')
const isCi = Boolean(process.env['CI']) && process.env['CI'] !== 'false'
const given = process.argv.slice(2)
const isGate = given.includes('--ci')
if (given.includes('--firefox')) process.env['ASIDE_BROWSER'] = 'firefox'

/** What a test needs that is not in the repository. */
async function findMissing(): Promise<string[]> {
  const postgres = process.env['ASIDE_TEST_POSTGRES'] ?? 'postgres://root@127.0.0.1:5432/postgres'
  const redis = process.env['ASIDE_TEST_REDIS'] ?? 'redis://127.0.0.1:6379'
  const missing = []
  if (!(await canConnect(postgres, 5432))) missing.push(`Postgres (looked at ${postgres}, see ASIDE_TEST_POSTGRES)`)
  if (!(await canConnect(redis, 6379))) missing.push(`Redis (looked at ${redis}, see ASIDE_TEST_REDIS)`)
  if (!findChromium()) missing.push('Chromium (apt-get install chromium, or ASIDE_CHROMIUM=/path/to/it)')
  if (!findFirefox()) missing.push('Firefox (apt-get install firefox-esr, or ASIDE_FIREFOX=/path/to/it)')
  return missing
}

function shout(missing: string[]): void {
  if (missing.length === 0) return
  const lines = ['NOT EVERYTHING CAN BE TESTED HERE', ...missing.map((it) => `missing: ${it}`)]
  lines.push(isCi ? 'In CI that is a failure.' : 'Its tests are skipped.')
  const width = Math.max(...lines.map((line) => line.length))
  const edge = '#'.repeat(width + 4)
  console.log(styleText(['bold', 'yellow'], [edge, ...lines.map((it) => `# ${it.padEnd(width)} #`), edge].join('\n')))
}

function run(command: string, args: string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function runTests(filters: string[]): Sum {
  const folder = mkdtempSync(join(tmpdir(), 'aside-report-'))
  const file = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const passed = run(process.execPath, [vitest, 'run', ...reporters, ...filters])
    return existsSync(file) ? readReport(readFileSync(file, 'utf8'), passed) : { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One check of its own: a failure is one failed. */
function check(name: string, args: string[]): Sum {
  console.log(`\n${styleText('bold', name)}`)
  const passed = run(process.execPath, args)
  console.log(passed ? styleText('green', `${name}: passed`) : styleText('red', `${name}: FAILED`))
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 }
}

const bin = (path: string) => join(root, 'node_modules', path)

async function runAll(): Promise<Sum> {
  const missing = await findMissing()
  shout(missing)
  buildStale()
  const filters = given
    .filter((it) => it !== '--ci')
    .flatMap((it) => (it === '--firefox' ? ['--project', 'browser'] : [it]))
  const sums = [runTests(filters)]
  if (isGate)
    sums.push(
      check('Lint and import law', [bin('eslint/bin/eslint.js'), '.']),
      check('Format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']),
      check('Types', [bin('vue-tsc/bin/vue-tsc.js'), '--noEmit', '-p', 'tsconfig.json']),
      check('Sizes', ['scripts/sizes.ts']),
    )
  sums.push({ passed: 0, failed: isCi ? missing.length : 0, skipped: isCi ? 0 : missing.length })
  shout(missing)
  return addUp(sums)
}

const startedAt = performance.now()
const { passed, failed, skipped } = await runAll().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  return { passed: 0, failed: 1, skipped: 0 }
})
console.log(`\nTook ${Math.round((performance.now() - startedAt) / 1_000)} s`)
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
