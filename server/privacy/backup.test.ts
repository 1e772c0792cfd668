import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backupStore, createClient, eraseVisitor, listAudit, pages } from '@aside/protocol'
import { boot, StoreTaken } from '../boot.ts'
import { createLog, parseConfig } from '../platform/index.ts'
import { inspectBackup, NoBackup, restoreBackup } from '../restore.ts'
import { type Aside, startAside } from '../testing/aside.ts'
import { createOwner } from '../testing/people.ts'
import { createStore, stores } from '../testing/stores.ts'

describe('a backup', () => {
  let aside: Aside
  let file: string
  beforeEach(async () => {
    aside = await startAside()
    file = join(aside.store.dataDir, 'taken.db')
  })
  afterEach(() => aside.stop())

  async function take(into = file): Promise<number> {
    const response = await aside.operator.open(backupStore, {})
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.length).toBe(Number(response.headers.get('content-length')))
    writeFileSync(into, bytes)
    return bytes.length
  }
  const besides = () => readdirSync(aside.store.dataDir).filter((it) => /copy-|restore-[0-9a-f]/.test(it))

  it(
    'under load is sound, and holds every message that was acknowledged before it began',
    { timeout: 60_000 },
    async () => {
      const owner = await aside.owner()
      const acknowledged: { id: string; at: number }[] = []
      let isOver = false
      const writers = Array.from({ length: 8 }, async () => {
        const visitor = await owner.visitor()
        for (let i = 0; !isOver; i++) {
          const { message } = await visitor.post(await visitor.conversation(), `Question ${i}`)
          acknowledged.push({ id: message.id, at: performance.now() })
          await sleep(5)
        }
      })
      await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(40)
      try {
        for (let round = 0; round < 3; round++) {
          const began = performance.now()
          await take()
          const longest = acknowledged.filter((it) => it.at > began).map((it) => it.at)
          expect(longest.length, 'messages are taken while the copy is made').toBeGreaterThan(0)
          expect(inspectBackup(file)).toMatchObject({ undone: [] })
          const copy = new Database(file, { readonly: true })
          expect(copy.pragma('integrity_check', { simple: true })).toBe('ok')
          const there = new Set(copy.prepare('select id from messages').pluck().all())
          const due = acknowledged.filter((it) => it.at < began)
          expect(due.length).toBeGreaterThan(20)
          expect(due.filter((it) => !there.has(it.id))).toEqual([])
          copy.close()
        }
      } finally {
        isOver = true
        await Promise.all(writers)
      }
      // What is left of it goes once the last byte has left.
      await expect.poll(besides).toEqual([])
    },
  )

  it('is written down, and nothing is left of one that its reader gave up', async () => {
    const owner = await aside.owner()
    const response = await aside.operator.open(backupStore, {})
    await response.body!.cancel()
    await expect.poll(besides).toEqual([])
    const entries = []
    for await (const page of pages(aside.operator, listAudit, { query: { action: 'store.backed_up' } }))
      entries.push(...page.entries)
    expect(entries).toMatchObject([{ actor: { kind: 'operator' }, action: 'store.backed_up' }])
    expect(entries[0]).not.toHaveProperty('tenantId')
    await expect(owner.client.open(backupStore, {})).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('is restored: readers are told to start over, and see what was true then', { timeout: 60_000 }, async () => {
    const store = await createStore('sqlite')
    const env = { ASIDE_DATA_DIR: store.dataDir, ASIDE_PORT: '0', DATABASE_URL: store.url }
    const start = () => boot(parseConfig(env), { strict: true, log: createLog('silent') })
    let running = await start()
    const operator = createClient({ baseUrl: running.url, token: () => running.operatorToken })
    const visitor = await (await createOwner(operator, () => running.url)).visitor()
    const conversationId = await visitor.conversation()
    const reading = visitor.follow()
    const ask = async (text: string) => {
      const { turn } = await visitor.post(conversationId, text)
      await reading.until('message-end', (it) => it.turn.id === turn?.id)
    }
    await reading.until('session-ready')
    await ask('Before')
    const backup = join(store.dataDir, 'taken.db')
    writeFileSync(backup, Buffer.from(await (await operator.open(backupStore, {})).arrayBuffer()))
    const taken = readFileSync(backup)
    await ask('After')
    const { cursor } = await visitor.messages(conversationId)

    const refused = restoreBackup(parseConfig(env), backup)
    await expect(refused).rejects.toBeInstanceOf(StoreTaken)
    await expect(refused).rejects.toMatchObject({ address: { url: running.url, pid: process.pid } })
    await running.close({ graceMs: 0, spreadMs: 0 })
    const { before } = await restoreBackup(parseConfig(env), backup)
    expect(before).toBe(join(store.dataDir, 'aside.db.before-restore'))
    expect(readFileSync(backup).equals(taken)).toBe(true)

    running = await start()
    const { payload } = await reading.until('stream-reset', () => true, 20_000)
    expect(payload.reason).toBe('epoch')
    expect(payload.cursor.split('-')[0]).not.toBe(cursor.split('-')[0])
    const { messages } = await visitor.messages(conversationId)
    expect(messages.map((it) => it.author)).toEqual(['visitor', 'assistant'])
    expect(messages[0]?.text).toBe('Before')
    // The thread goes on from there.
    await ask('Again')
    reading.close()
    await running.close({ graceMs: 0, spreadMs: 0 })

    // What was there before is whole, too, and another restore does not take its place.
    expect((await restoreBackup(parseConfig(env), before!)).before).toBe(`${before}-2`)
    running = await start()
    expect((await visitor.messages(conversationId)).messages).toHaveLength(4)
    await running.close({ graceMs: 0, spreadMs: 0 })
    await store.drop()
  })

  it('tells which erasures a restore would undo', async () => {
    const owner = await aside.owner()
    const visitor = await owner.visitor()
    await take()
    const { visitorId } = visitor.session.session
    await owner.client.call(eraseVisitor, { params: { visitorId }, query: {} })
    const current = join(aside.store.dataDir, 'aside.db')
    expect(inspectBackup(file, current).undone).toMatchObject([{ id: visitorId, action: 'privacy.erased' }])
    expect(inspectBackup(current, current).undone).toEqual([])
  })

  it('that is none, is damaged or of a later version is refused, and changes nothing', async () => {
    await aside.owner()
    await take()
    const sound = readFileSync(file)
    const folder = join(aside.store.dataDir, 'wrong')
    mkdirSync(folder)
    const wrong = (name: string, make: (path: string) => void) => {
      const path = join(folder, name)
      make(path)
      return path
    }
    const sql = (text: string) => (path: string) => {
      copyFileSync(file, path)
      const database = new Database(path)
      database.exec(text)
      database.close()
    }
    const cases: [string, RegExp][] = [
      [join(folder, 'none.db'), /is not there/],
      [wrong('text.db', (path) => writeFileSync(path, 'Dear diary,\n'.repeat(1_000))), /cannot be read/],
      [wrong('foreign.db', sql('pragma application_id = 7')), /not a store of Aside/],
      [
        wrong('later.db', sql("insert into mikro_orm_migrations (name) values ('9999-later')")),
        /later version.*9999-later/,
      ],
      [
        wrong('torn.db', (path) => {
          const torn = Buffer.from(sound)
          for (let at = 4_096 * 12; at < torn.length; at += 97) torn[at] = torn[at]! ^ 0xff
          writeFileSync(path, torn)
        }),
        /damaged|cannot be read/,
      ],
      [wrong('short.db', (path) => writeFileSync(path, sound.subarray(0, sound.length / 2))), /damaged|cannot be read/],
    ]
    const elsewhere = parseConfig({ ASIDE_DATA_DIR: folder, DATABASE_URL: `sqlite:${join(folder, 'new.db')}` })
    for (const [path, words] of cases) {
      await expect(restoreBackup(elsewhere, path)).rejects.toThrow(words)
      await expect(restoreBackup(elsewhere, path)).rejects.toBeInstanceOf(NoBackup)
    }
    expect(existsSync(join(folder, 'new.db'))).toBe(false)
    expect(readdirSync(folder).filter((it) => it.includes('restore-'))).toEqual([])
    expect(await restoreBackup(elsewhere, file)).toEqual({})
    expect(existsSync(join(folder, 'new.db'))).toBe(true)
  })
})

describe.runIf(stores.includes('postgres'))('a backup of Postgres', () => {
  it('is left to pg_dump', async () => {
    const aside = await startAside({ store: 'postgres' })
    const refused = aside.operator.open(backupStore, {})
    await expect(refused).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('pg_dump') })
    await aside.stop()
  })
})
