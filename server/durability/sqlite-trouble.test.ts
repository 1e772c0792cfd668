import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest'
import { openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, readFacts } from '../testing/history.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { clientId, ORIGIN, type Visitor } from '../testing/people.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, type TestStore } from '../testing/stores.ts'

const tokens = (count: number) => Array.from({ length: count }, (_, i) => tokenText(i)).join('')
const MEGABYTE = 1_048_576

/** A disk of its own, so small that it can be filled. Undefined where one may not mount. */
function mountDisk(folder: string, megabytes: number): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
    return () => void execFileSync('umount', ['-l', folder])
  } catch {
    return undefined
  }
}
const canMount = process.getuid?.() === 0

describe('a server whose SQLite file is in trouble', () => {
  let models: ModelServer
  let store: TestStore
  let server: ServerProcess
  let unmount: (() => void) | undefined
  beforeAll(async () => void (models = await startModelServer()))
  afterAll(() => models?.stop())
  afterEach(async () => {
    await server?.kill()
    unmount?.()
    unmount = undefined
    await store?.drop()
  })

  async function arrange(diskMegabytes?: number): Promise<boolean> {
    store = await createStore('sqlite')
    if (diskMegabytes) {
      unmount = mountDisk(store.dataDir, diskMegabytes)
      if (!unmount) return false
    }
    server = await startServerProcess(store, { modelUrl: models.url })
    return true
  }
  const headersOf = ({ session }: Visitor) => ({ origin: ORIGIN, authorization: `Bearer ${session.token}` })
  const post = (visitor: Visitor, id: string, body: object) =>
    sendJson(`${server.url}/v1/conversations/${id}/messages`, body, headersOf(visitor))
  async function problems(history = createHistory()): Promise<string[]> {
    const beside = await openBeside(store)
    const facts = await readFacts(beside).finally(() => beside.close())
    return checkHistory(history.entries, facts).filter((it) => !it.endsWith('nobody sent it'))
  }

  it(
    'refuses with a time to come back while somebody else holds the lock, still reads, and recovers',
    { timeout: 60_000 },
    async () => {
      await arrange()
      const visitor = await (await server.owner({ model: 'tokens:60:20#locked' })).visitor()
      const id = await visitor.conversation()
      const history = createHistory()
      const reading = history.listen('reader', visitor)
      await reading.until('session-ready')
      const running = await visitor.post(id, 'Before the trouble')
      await reading.until('message-start')

      const other = new Database(store.url.replace('sqlite:', ''))
      other.exec('begin immediate')
      const late = { clientId: clientId(), text: 'In the middle of it' }
      const askedAt = performance.now()
      const refused = await post(visitor, id, late)
      const refusedMs = performance.now() - askedAt
      expect([refused.status, refused.error().code]).toEqual([503, 'store_unavailable'])
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(refusedMs).toBeLessThan(8_000)
      expect((await visitor.messages(id)).messages).toHaveLength(2)
      // Longer than the answer takes: it has come to its end by now, and waits to be stored.
      await sleep(2_000)
      expect(reading.events.some((it) => it.name === 'message-end')).toBe(false)
      other.exec('rollback')
      other.close()

      const end = await reading.until('message-end', (it) => it.turn.id === running.turn!.id, 8_000)
      expect(end.payload.message).toMatchObject({ status: 'completed', text: tokens(60) })
      const posted = await visitor.post(id, late.text, late.clientId)
      await reading.until('message-end', (it) => it.turn.id === posted.turn!.id)
      expect(reading.states.filter((it) => it.state === 'waiting')).toEqual([])
      reading.close()
      expect(await problems(history)).toEqual([])
      if (process.env['ASIDE_TEST_FIGURES']) process.stdout.write(`locked: refused after ${Math.round(refusedMs)} ms\n`)
    },
  )

  it.skipIf(!canMount)(
    'stores nothing by half on a full disk, still reads, and recovers when there is space',
    { timeout: 60_000 },
    async (test) => {
      if (!(await arrange(12))) return test.skip('mounting is not allowed here')
      const visitor = await (await server.owner({ model: 'tokens:60:20#full' })).visitor()
      const id = await visitor.conversation()
      const history = createHistory()
      const reading = history.listen('reader', visitor)
      await reading.until('session-ready')
      const running = await visitor.post(id, 'Before the trouble')
      await reading.until('message-start')

      const ballast = join(store.dataDir, 'ballast')
      for (let size = MEGABYTE; size >= 512; size /= 2)
        for (let i = 0; ; i++)
          try {
            writeFileSync(`${ballast}.${size}.${i}`, Buffer.alloc(size))
          } catch {
            rmSync(`${ballast}.${size}.${i}`, { force: true })
            break
          }
      const late = { clientId: clientId(), text: 'x'.repeat(6_000) }
      let refused = await post(visitor, id, late)
      // Some room may be left in the log's pages.
      for (let i = 0; i < 20 && refused.status === 201; i++)
        refused = await post(visitor, id, { ...late, clientId: clientId() })
      expect([refused.status, refused.error().code]).toEqual([507, 'store_full'])
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect((await visitor.messages(id)).messages.length).toBeGreaterThan(1)
      expect((await send(`${server.url}/readyz`)).status).toBe(200)
      await sleep(1_500)
      expect(await problems(), 'nothing by half').not.toContainEqual(expect.stringMatching(/damaged/))
      execFileSync('sh', ['-c', `rm -f ${ballast}.*`])

      const end = await reading.until('message-end', (it) => it.turn.id === running.turn!.id, 10_000)
      expect(end.payload.message).toMatchObject({ status: 'completed', text: tokens(60) })
      await expect
        .poll(async () => (await post(visitor, id, { clientId: clientId(), text: 'And now?' })).status, {
          timeout: 10_000,
          interval: 500,
        })
        .toBe(201)
      await expect.poll(async () => (await visitor.messages(id)).conversation.turn, { timeout: 15_000 }).toBe(undefined)
      expect(reading.states.filter((it) => it.state === 'waiting')).toEqual([])
      reading.close()
      expect(await problems(history)).toEqual([])
    },
  )
})
