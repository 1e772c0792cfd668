import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, describe, it } from 'vitest'
import { backupStore } from '@aside/protocol'
import { examineSqlite, openDb, parseConfig } from '../platform/index.ts'
import { inspectBackup, NoBackup, restoreBackup } from '../restore.ts'
import { entities } from '../tables.ts'
import { databaseOf } from '../testing/beside.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, type TestStore } from '../testing/stores.ts'

const MB = 1_000_000
const SIZE_MB = 200

describe('a backup of a large store', () => {
  let store: TestStore
  let file: string
  let server: ServerProcess | undefined
  beforeEach(async () => {
    store = await createStore('sqlite')
    file = join(store.dataDir, 'aside.db')
    const db = await openDb(databaseOf(store), entities)
    await db.migrate()
    await db.close()
    const filling = new Database(file)
    filling.pragma('synchronous = off')
    filling
      .prepare(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
         insert into store_facts (name, value) select 'filling ' || i, hex(randomblob(?)) from n`,
      )
      .run(SIZE_MB * 10, MB / 20)
    filling.close()
  }, 20_000)
  afterEach(async () => {
    await server?.kill()
    server = undefined
    await store.drop()
  })
  const copies = () => readdirSync(store.dataDir).filter((it) => it.includes('.copy-'))
  const download = async (from: ServerProcess) => (await from.operator.open(backupStore, {})).body!.getReader()

  it('that dies with its server leaves the store as it was, and nothing that is taken for a backup', async () => {
    server = await startServerProcess(store)
    const visitor = await (await server.owner({ model: 'local' })).visitor()
    const conversationId = await visitor.conversation()
    const { message } = await visitor.post(conversationId, 'Before the kill')

    // While it is copied.
    const refused = expect(server.operator.open(backupStore, {})).rejects.toThrow()
    const sizes = () => copies().map((name) => statSync(join(store.dataDir, name)).size)
    while ((sizes()[0] ?? 0) < 20 * MB) await sleep(2)
    await server.kill()
    await refused
    const [half] = copies()
    expect(sizes()[0]).toBeLessThan(SIZE_MB * MB)
    const taken = readFileSync(join(store.dataDir, half!))
    expect(() => inspectBackup(join(store.dataDir, half!))).toThrow(NoBackup)
    const elsewhere = await mkdtemp(join(tmpdir(), 'aside-restored-'))
    const config = parseConfig({ ASIDE_DATA_DIR: elsewhere, DATABASE_URL: `sqlite:${join(elsewhere, 'aside.db')}` })
    await expect(restoreBackup(config, join(store.dataDir, half!))).rejects.toBeInstanceOf(NoBackup)
    expect(readFileSync(join(store.dataDir, half!)).equals(taken)).toBe(true)
    expect(examineSqlite(file)).not.toHaveProperty('problem')

    // While it is on its way.
    await server.start()
    expect(copies()).toEqual([])
    const reader = await download(server)
    const came: Uint8Array[] = []
    for (let bytes = 0; bytes < 20 * MB; bytes += came.at(-1)!.length) came.push((await reader.read()).value!)
    await server.kill()
    const rest = async () => {
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return
        came.push(value)
      }
    }
    await expect(rest()).rejects.toThrow()
    const broken = join(store.dataDir, 'broken.db')
    writeFileSync(broken, Buffer.concat(came))
    expect(() => inspectBackup(broken)).toThrow(NoBackup)

    await server.start()
    expect(copies()).toEqual([])
    const { messages } = await visitor.at(server.url).messages(conversationId)
    expect(messages[0]).toMatchObject({ id: message.id, text: 'Before the kill' })

    // One that lives is whole, and a large one is restored in its time.
    const whole = join(store.dataDir, 'whole.db')
    writeFileSync(whole, Buffer.from(await (await server.operator.open(backupStore, {})).arrayBuffer()))
    const began = performance.now()
    expect(await restoreBackup(config, whole)).toEqual({})
    const tookMs = performance.now() - began
    if (process.env['ASIDE_TEST_FIGURES'])
      process.stdout.write(`restored ${Math.round(statSync(whole).size / MB)} MB in ${Math.round(tookMs)} ms\n`)
    expect(existsSync(join(elsewhere, 'aside.db-wal'))).toBe(false)
    const restored = new Database(join(elsewhere, 'aside.db'), { readonly: true })
    expect(restored.prepare('select text from messages where id = ?').pluck().get(message.id)).toBe('Before the kill')
    expect(restored.prepare("select count(*) from store_facts where name like 'filling %'").pluck().get()).toBe(
      SIZE_MB * 10,
    )
    restored.close()
    rmSync(elsewhere, { recursive: true })
  }, 60_000)
})
