/** The stores that tests run on: each gets a fresh one, and leaves nothing behind. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import pg from 'pg'

export type StoreKind = 'sqlite' | 'postgres'

const postgresUrl = process.env['ASIDE_TEST_POSTGRES'] ?? 'postgres://root@127.0.0.1:5432/postgres'

const reachable = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 })
    const settle = (it: boolean) => {
      socket.destroy()
      resolve(it)
    }
    socket
      .once('connect', () => settle(true))
      .once('error', () => settle(false))
      .once('timeout', () => settle(false))
  })

const { hostname, port } = new URL(postgresUrl)
export const hasPostgres = await reachable(hostname, Number(port || 5432))

/** For `describe.for(stores)`. Without Postgres its half is skipped, and said aloud; in CI that is a failure. */
export const stores: StoreKind[] = hasPostgres || process.env['CI'] ? ['sqlite', 'postgres'] : ['sqlite']

export interface TestStore {
  kind: StoreKind
  /** What `DATABASE_URL` is set to. */
  url: string
  dataDir: string
  drop(): Promise<void>
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

export async function createStore(kind: StoreKind): Promise<TestStore> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aside-test-'))
  const clean = () => rmSync(dataDir, { recursive: true, force: true })
  if (kind === 'sqlite') return { kind, url: `sqlite:${join(dataDir, 'aside.db')}`, dataDir, drop: async () => clean() }
  const name = `aside_test_${randomBytes(6).toString('hex')}`
  await administer(`create database ${name}`)
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  return {
    kind,
    url: url.href,
    dataDir,
    async drop() {
      clean()
      await administer(`drop database if exists ${name} with (force)`)
    },
  }
}
