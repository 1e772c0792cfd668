import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entities } from '../app.ts'
import { boot, StoreTaken } from '../boot.ts'
import { startAside } from '../testing/aside.ts'
import { createStore, type TestStore } from '../testing/stores.ts'
import { acrossTenants } from './scope.ts'
import { createLog } from './log.ts'
import { openDb } from './db.ts'
import { parseConfig } from './config.ts'

const run = promisify(execFile)
const log = createLog('silent')

describe('an SQLite file', () => {
  let store: TestStore
  let file: string
  beforeEach(async () => {
    store = await createStore('sqlite')
    file = join(store.dataDir, 'aside.db')
  })
  afterEach(() => store.drop())

  const open = () => openDb({ kind: 'sqlite', file }, entities)
  const settings = () =>
    parseConfig({ ASIDE_DATA_DIR: store.dataDir, ASIDE_PORT: '0', ASIDE_LOG: 'silent', DATABASE_URL: store.url })

  it(
    'takes 300 read-then-write transactions of two processes without one of them failing',
    { timeout: 60_000 },
    async () => {
      const db = await open()
      await db.migrate()
      await db.execute(undefined, "insert into store_facts (name, value) values ('counter', '0')", [])
      const contender = join(import.meta.dirname, '../testing/contender.ts')
      const both = await Promise.all([1, 2].map(() => run(process.execPath, [contender, file, '150'])))
      expect(both.map((it) => JSON.parse(it.stdout))).toEqual([[], []])
      const { rows } = await db.execute(undefined, "select value from store_facts where name = 'counter'", [])
      expect(rows).toEqual([{ value: '300' }])
      await db.close()
    },
  )

  it('is safe against a power cut on every connection, the second and those after a restart too', async () => {
    const pragmas = async (db: Awaited<ReturnType<typeof open>>) => {
      const names = ['journal_mode', 'synchronous', 'foreign_keys', 'secure_delete', 'trusted_schema', 'busy_timeout']
      const read = async (name: string) =>
        Object.values((await acrossTenants(db, log).em.execute(`pragma ${name}`))[0]!)[0]
      return Promise.all(names.map(read))
    }
    const first = await open()
    const second = await open()
    const wanted = ['wal', 2, 1, 1, 0, 2_000]
    expect([await pragmas(first), await pragmas(second)]).toEqual([wanted, wanted])
    await first.migrate()
    await Promise.all([first.close(), second.close()])
    const later = await open()
    expect(await pragmas(later)).toEqual(wanted)
    await later.close()
  })

  it(
    'is built anew while others are served: readers at once, writers when it is done',
    { timeout: 60_000 },
    async () => {
      const db = await open()
      await db.migrate()
      const put = (name: string, bytes: number) =>
        db.execute(undefined, 'insert into store_facts (name, value) values (?, hex(zeroblob(?)))', [name, bytes / 2])
      for (let i = 0; i < 20; i++) await put(`row ${i}`, 2_000_000)
      await db.execute(undefined, "delete from store_facts where name = 'row 7'", [])
      const order: string[] = []
      const purged = db.purge(true).then(() => order.push('built'))
      const written = put('later', 2).then(() => order.push('written'))
      let reads = 0
      while (order.length === 0) {
        const { rows } = await db.execute(undefined, "select name from store_facts where name like 'row %'", [])
        expect(rows).toHaveLength(19)
        reads++
        await sleep(1)
      }
      await Promise.all([purged, written])
      expect(order).toEqual(['built', 'written'])
      expect(reads).toBeGreaterThan(10)
      expect(statSync(`${file}-wal`).size).toBeLessThan(1_000_000)
      await db.close()
    },
  )

  it('that is large is built anew when that is asked for or it is closed, also by another process than the one that deleted', async () => {
    let db = await open()
    await db.migrate()
    await db.execute(undefined, "insert into store_facts (name, value) values ('large', hex(zeroblob(36000000)))", [])
    expect(db.isUntidy()).toBe(false)
    await db.owePurge()
    expect(db.isUntidy()).toBe(true)
    expect(await db.purge(true)).toBe(true)
    expect(db.isUntidy()).toBe(false)
    expect(await db.purge(false)).toBe(false)
    expect(db.isUntidy()).toBe(true)
    // A process that dies now closes nothing.
    const another = await open()
    expect(another.isUntidy()).toBe(true)
    await another.close()
    expect(db.isUntidy()).toBe(false)
    expect(await db.purge(false)).toBe(false)
    expect(await db.purge(true)).toBe(true)
    expect(db.isUntidy()).toBe(false)
    await db.close()
    db = await open()
    expect(db.isUntidy()).toBe(false)
    await db.close()
  })

  it('keeps a change with a broken reference out', async () => {
    const db = await open()
    await db.migrate()
    const insert = "insert into apps (id, tenant_id, name, created_at) values ('a', 'nobody', 'n', 0)"
    await expect(db.execute(undefined, insert, [])).rejects.toThrow(/FOREIGN KEY/)
    await db.close()
  })

  it('belongs to one server: a second one is told who has it, and ends', { timeout: 60_000 }, async () => {
    const aside = await startAside()
    const env = { ASIDE_DATA_DIR: aside.store.dataDir, ASIDE_PORT: '0', DATABASE_URL: aside.store.url }
    const second = boot(parseConfig({ ...env, ASIDE_LOG: 'silent' }))
    await expect(second).rejects.toBeInstanceOf(StoreTaken)
    await expect(second).rejects.toMatchObject({ address: { url: aside.url, pid: process.pid } })
    const main = join(import.meta.dirname, '../main.ts')
    const failed: unknown = await run(process.execPath, [main], { env: { ...env, PATH: process.env['PATH'] } }).catch(
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining(`in use by another Aside server`) })
    expect((failed as { stderr: string }).stderr).toContain(aside.url)
    expect((await fetch(`${aside.url}/readyz`)).status).toBe(200)
    await aside.restart()
    expect((await fetch(`${aside.url}/readyz`)).status).toBe(200)
    await aside.stop()
  })

  it('of another program is refused, and left as it was', async () => {
    const foreign = (make: (database: Database.Database) => void) => {
      const database = new Database(file)
      make(database)
      database.close()
    }
    const cases = [
      () => foreign((it) => it.exec('create table theirs (a)')),
      () => foreign((it) => it.pragma('application_id = 1234')),
      () => foreign((it) => it.exec('pragma application_id = 1234; create table theirs (a)')),
      () => writeFileSync(file, 'Dear diary,\n'.repeat(1_000)),
      () => writeFileSync(file, Buffer.from([...Buffer.from('SQLite format 3\0'), ...Array<number>(4_080).fill(0xff)])),
    ]
    for (const make of cases) {
      make()
      const before = readFileSync(file)
      await expect(boot(settings())).rejects.toThrow(`The database ${file} cannot be used`)
      expect(readFileSync(file).equals(before)).toBe(true)
      rmSync(file)
    }
    mkdirSync(file)
    await expect(boot(settings())).rejects.toThrow(`The database ${file} cannot be used`)
    rmSync(file, { recursive: true })
    const running = await boot(settings())
    await running.close({ graceMs: 0, spreadMs: 0 })
  })

  it('whose header is damaged is refused, and no new one is put in its place', async () => {
    const db = await open()
    await db.migrate()
    await db.execute(undefined, "insert into tenants (id, name, created_at) values ('t', 'Acme', 0)", [])
    await db.close()
    const sound = readFileSync(file)
    const damaged = Buffer.from(sound)
    for (let at = 0; at < 100; at++) damaged[at] = damaged[at]! ^ 0xa5
    writeFileSync(file, damaged)
    await expect(boot(settings())).rejects.toThrow(/cannot be used/)
    expect(readFileSync(file).equals(damaged)).toBe(true)
    writeFileSync(file, sound)
    const again = await open()
    expect(await acrossTenants(again, log).em.execute('select name from tenants')).toEqual([{ name: 'Acme' }])
    await again.close()
  })

  it('refuses a log that another database left beside it', async () => {
    const other = new Database(join(store.dataDir, 'other.db'))
    other.pragma('journal_mode = wal')
    other.exec('create table theirs (a); insert into theirs values (1)')
    const theirs = readFileSync(join(store.dataDir, 'other.db-wal'))
    other.close()
    const db = await open()
    await db.migrate()
    await db.execute(undefined, "insert into tenants (id, name, created_at) values ('t', 'Acme', 0)", [])
    await db.close()
    const sound = readFileSync(file)
    writeFileSync(`${file}-wal`, theirs)
    await expect(open()).rejects.toThrow(/belongs to another program/)
    expect(readFileSync(file).equals(sound)).toBe(true)
    expect(readFileSync(`${file}-wal`).equals(theirs)).toBe(true)
    for (const rest of ['-wal', '-shm']) rmSync(file + rest, { force: true })
    const again = await open()
    expect(await acrossTenants(again, log).em.execute('select name from tenants')).toEqual([{ name: 'Acme' }])
    await again.close()
  })
})
