/** What `aside doctor` looks at without a page: this machine, and what the server says about itself. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Check, isFault, listApps, readReadiness, runChecks } from '@aside/protocol'
import { type Config, makeFolder } from '@aside/server/address'
import { type Connection, readConfig } from '../connect.ts'
import type { Context } from '../context.ts'
import { complain } from '../problems.ts'
import { counted } from '../words.ts'
import { type Finding, notesOf } from './finding.ts'
import { checkStoreFile } from './store-file.ts'

/** The first release that runs TypeScript as it is and loads the SQLite driver (N-API 10). */
const LEAST_NODE = [22, 18] as const

const here = notesOf('machine')
const there = notesOf('server')

const failed = ({ fail }: typeof here, name: string, error: unknown): Finding => {
  const { message, hint } = complain(error)
  return fail(name, message, hint)
}

/** Of the machine, its configuration and its store, and of the server that has it, or is run for this. */
export async function checkHere({ globals, connect }: Context): Promise<Finding[]> {
  const checks: Finding[] = [checkNode()]
  let config: Config
  try {
    config = readConfig(globals.dataDir)
  } catch (error) {
    const problems =
      error instanceof Error && error.cause instanceof Error && 'problems' in error.cause && error.cause.problems
    if (!Array.isArray(problems)) throw error
    return [...checks, ...problems.map((it) => here.fail('config', String(it), 'change it, or leave it out'))]
  }
  const { database } = config
  checks.push(here.ok('config', 'understood'), checkFolder(config))
  if (checks.some((it) => it.status === 'fail')) return checks
  if (database.kind === 'sqlite') checks.push(...(await checkStoreFile(database.file)))
  try {
    return [...checks, ...(await askServer(await connect()))]
  } catch (error) {
    return [...checks, failed(there, 'store', error)]
  }
}

export async function checkThere({ connect }: Context): Promise<Finding[]> {
  const connection = await connect()
  try {
    await connection.client.call(readReadiness, {})
  } catch (error) {
    return [failed(there, 'server', error)]
  }
  return askServer(connection)
}

const found = ({ name, ok, detail, fix }: Check): Finding =>
  ok ? there.ok(name, detail) : there.fail(name, detail, fix)

/** What the server says about itself. A tenant's key may not ask that: then, whether the key is good. */
async function askServer({ client, isOperator, where }: Connection): Promise<Finding[]> {
  const server = there.ok('server', where)
  try {
    if (isOperator) return [server, ...(await client.call(runChecks, {})).checks.map(found)]
    const { apps } = await client.call(listApps, { query: {} })
    return [server, there.ok('key', `valid, for a tenant with ${counted(apps.length, 'app')}`)]
  } catch (error) {
    if (isFault(error) && error.code === 'scope_missing')
      return [server, there.ok('key', 'valid, without the scope apps:read')]
    return [server, failed(there, isOperator ? 'checks' : 'key', error)]
  }
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const detail = `Node.js ${process.versions.node}`
  return major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
    ? here.ok('node', detail)
    : here.fail('node', detail, `${LEAST_NODE.join('.')} or newer is needed: npm run aside brings it`)
}

/** It is made, as the server would: only that tells whether it can be. */
function checkFolder({ dataDir, database }: Config): Finding {
  const folder = database.kind === 'sqlite' ? dirname(database.file) : dataDir
  const wayOut = 'give this user the right to it, or choose another with --data-dir'
  try {
    const isNew = !existsSync(folder)
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
    return here.ok('folder', `${folder} ${isNew ? 'was made' : 'is writable'}`)
  } catch (error) {
    const isOurs = error instanceof Error && !('code' in error)
    return here.fail('folder', isOurs ? error.message : `${folder} cannot be written to`, wayOut)
  }
}
