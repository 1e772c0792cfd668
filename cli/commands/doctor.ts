import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { type Check, isFault, listApps, readReadiness, runChecks } from '@aside/protocol'
import type { Config } from '@aside/server/address'
import { type Connection, readConfig } from '../connect.ts'
import { act, type Context } from '../context.ts'
import { printable } from '../output.ts'
import { complain, EXIT, usage } from '../problems.ts'
import { examinePage, type PageOptions } from './doctor-page.ts'

/** The first release that runs TypeScript as it is and loads the SQLite driver (N-API 10). */
const LEAST_NODE = [22, 18] as const

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor [page-url]')
    .description('check the configuration, the store, the widget and the model; or what stands in the way of a page')
    .option('--origin <origin>', 'of a page: speak as one of this origin, instead of its own')
    .option('--timeout <seconds>', 'of a page: how long to wait for each answer (default: 20)')
    .option('--app <app>', 'of a page: the app that is to be there, by name or id')
    .option('--browser', 'of a page: also open it in the Chromium of this machine')
    .addHelpText(
      'after',
      '\nIt exits with 1 when something is not as it should be, and says what to do about it.\nWith the address of a page it looks at that page as a browser would, and at the server from there.\n\nExamples:\n  $ aside doctor\n  $ aside doctor https://shop.example/help\n  $ aside doctor --url https://chat.example --key as_sk_live_…',
    )
    .action(
      act(async (context, page: string | undefined, options: PageOptions) => {
        if (page !== undefined) return examinePage(context, page, options)
        const given = Object.keys(options).filter((it) => ['origin', 'timeout', 'app', 'browser'].includes(it))[0]
        if (given !== undefined)
          throw usage(`--${given} is about a page`, 'give its address: aside doctor https://shop.example')
        const { globals, out } = context
        const checks = globals.url === undefined ? await checkHere(context) : await checkThere(context)
        const isWell = checks.every((it) => it.ok)
        out.show({ ok: isWell, checks }, () => {
          const { paint } = out
          for (const { name, ok, detail, fix } of checks) {
            out.line(
              `${ok ? paint.green('ok  ') : paint.red('FAIL')} ${paint.bold(name.padEnd(8))} ${printable(detail)}`,
            )
            if (!ok && fix !== undefined) out.line(`${' '.repeat(14)}${paint.yellow('→')} ${printable(fix)}`)
          }
        })
        if (!isWell) process.exitCode = EXIT.refused
      }),
    )
}

const failed = (name: string, error: unknown): Check => {
  const { message, hint } = complain(error)
  return { name, ok: false, detail: message, ...(hint ? { fix: hint } : {}) }
}

async function checkHere({ globals, connect }: Context): Promise<Check[]> {
  const checks: Check[] = [checkNode()]
  let config: Config
  try {
    config = readConfig(globals.dataDir)
  } catch (error) {
    const problems =
      error instanceof Error && error.cause instanceof Error && 'problems' in error.cause && error.cause.problems
    if (!Array.isArray(problems)) throw error
    const wrong = problems.map((it) => ({
      name: 'config',
      ok: false,
      detail: String(it),
      fix: 'change it, or leave it out',
    }))
    return [...checks, ...wrong]
  }
  checks.push({ name: 'config', ok: true, detail: 'understood' }, checkFolder(config))
  if (checks.some((it) => !it.ok)) return checks
  try {
    return [...checks, ...(await askServer(await connect()))]
  } catch (error) {
    return [...checks, failed('store', error)]
  }
}

async function checkThere({ connect }: Context): Promise<Check[]> {
  const connection = await connect()
  try {
    await connection.client.call(readReadiness, {})
  } catch (error) {
    return [failed('server', error)]
  }
  return askServer(connection)
}

/** What the server says about itself. A tenant's key may not ask that: then, whether the key is good. */
async function askServer({ client, isOperator, where }: Connection): Promise<Check[]> {
  const server: Check = { name: 'server', ok: true, detail: where }
  try {
    if (isOperator) return [server, ...(await client.call(runChecks, {})).checks]
    const { apps } = await client.call(listApps, { query: {} })
    return [server, { name: 'key', ok: true, detail: `valid, for a tenant with ${apps.length} apps` }]
  } catch (error) {
    if (isFault(error) && error.code === 'scope_missing')
      return [server, { name: 'key', ok: true, detail: 'valid, without the scope apps:read' }]
    return [server, failed(isOperator ? 'checks' : 'key', error)]
  }
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
  const detail = `Node.js ${process.versions.node}`
  return {
    name: 'node',
    ok,
    detail,
    ...(ok ? {} : { fix: `${LEAST_NODE.join('.')} or newer is needed: npm run aside brings it` }),
  }
}

function checkFolder({ dataDir, database }: Config): Check {
  const wanted = database.kind === 'sqlite' ? dirname(database.file) : dataDir
  let folder = wanted
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    if (!statSync(folder).isDirectory()) throw new Error('not a folder')
    accessSync(folder, constants.W_OK | constants.X_OK)
    return { name: 'folder', ok: true, detail: folder === wanted ? `${wanted} is writable` : `${wanted} can be made` }
  } catch {
    return {
      name: 'folder',
      ok: false,
      detail: `${folder} cannot be written to`,
      fix: 'give this user the right to, or choose another with --data-dir',
    }
  }
}
