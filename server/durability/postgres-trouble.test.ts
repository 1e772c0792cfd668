import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, type History, readFacts } from '../testing/history.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Netfault, startNetfault } from '../testing/netfault.ts'
import { clientId } from '../testing/people.ts'
import { send } from '../testing/raw-request.ts'
import { seeded } from '../testing/seeded.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, hasPostgres, type TestStore } from '../testing/stores.ts'

const SENDERS = 4

describe.skipIf(!hasPostgres && !process.env['CI'])('a server whose Postgres is in trouble', () => {
  const chance = seeded()
  let models: ModelServer
  let store: TestStore
  let wire: Netfault
  let server: ServerProcess
  let history: History
  beforeEach(async () => {
    models = await startModelServer()
    store = await createStore('postgres')
    const direct = new URL(store.url)
    wire = await startNetfault(() => `http://${direct.hostname}:${direct.port || 5432}`, chance.random)
    const through = new URL(store.url)
    through.host = new URL(wire.url).host
    server = await startServerProcess({ ...store, url: through.href }, { modelUrl: models.url })
    history = createHistory()
  })
  afterEach(async () => {
    await server?.kill()
    await wire?.stop()
    await store?.drop()
    await models?.stop()
  })

  /** People who write for as long as `trouble` lasts and a little longer; afterwards all of it must be explained. */
  async function survive(trouble: () => Promise<void>): Promise<{ recoveredMs: number; refusals: number }> {
    const over = new AbortController()
    const owner = await server.owner({ model: 'tokens:20:10' })
    const people = await Promise.all(
      Array.from({ length: SENDERS }, async (_, i) => {
        const visitor = await owner.visitor()
        const conversationId = await visitor.conversation()
        const reading = history.listen(`reader ${i}`, visitor)
        await reading.until('session-ready')
        return { name: `sender ${i}`, visitor, conversationId, reading }
      }),
    )
    const talking = people.map(async ({ name, visitor, conversationId }) => {
      for (let n = 0; !over.signal.aborted; n++) {
        await history.send(
          name,
          visitor,
          { conversationId, clientId: clientId(), text: `${name} says ${n}` },
          over.signal,
        )
        await sleep(chance.between(0, 150))
      }
    })
    await sleep(500)
    await trouble()
    const healedAt = performance.now()
    await expect
      .poll(async () => (await send(`${server.url}/readyz`)).status, { timeout: 10_000, interval: 50 })
      .toBe(200)
    const visitor = await owner.visitor()
    await visitor.post(await visitor.conversation(), 'Is all well again?')
    const recoveredMs = performance.now() - healedAt
    await sleep(500)
    over.abort()
    await Promise.all(talking)

    const beside = await openBeside(store)
    const quiet = async () =>
      (await readFacts(beside)).turns.filter((it) => it.status === 'queued' || it.status === 'running')
    await expect.poll(quiet, { timeout: 15_000, interval: 200 }).toEqual([])
    const facts = await readFacts(beside)
    await beside.close()
    for (const { visitor, reading } of people) {
      const last = facts.events.findLast((it) => it.visitorId === visitor.session.session.visitorId)?.seq
      await expect.poll(() => reading.following.cursor()?.split('-').at(-1), { timeout: 5_000 }).toBe(String(last))
      reading.close()
    }
    const defects = server.log.filter((it) => it['code'] === 'internal' || it['event'] === 'crash')
    expect(defects.map((it) => it['stack'])).toEqual([])
    const found = checkHistory(history.entries, facts, { calls: models.calls() })
    expect(
      found.filter((it) => !it.endsWith('nobody sent it')),
      chance.said,
    ).toEqual([])
    const refusals = history.entries.filter((it) => it.op === 'send' && it.phase === 'info').length
    return { recoveredMs, refusals }
  }

  it('outlives the end of every connection, again and again', { timeout: 60_000 }, async () => {
    const admin = new pg.Client({ connectionString: store.url })
    await admin.connect()
    const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
    const { recoveredMs, refusals } = await survive(async () => {
      for (let i = 0; i < 15; i++) {
        await admin.query(`select pg_terminate_backend(pid) ${others}`)
        await sleep(chance.between(20, 250))
      }
    }).finally(() => admin.end())
    expect(refusals).toBeGreaterThan(0)
    expect(recoveredMs).toBeLessThan(5_000)
  })

  it('answers 503 while the store cannot be reached, and is well again when it can', { timeout: 60_000 }, async () => {
    const { recoveredMs, refusals } = await survive(async () => {
      await wire.down()
      await expect.poll(async () => (await send(`${server.url}/readyz`)).status, { timeout: 5_000 }).toBe(503)
      const refused = await send(`${server.url}/readyz`)
      expect(refused.error().code).toBe('store_unavailable')
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect((await send(`${server.url}/healthz`)).status).toBe(200)
      await sleep(3_000)
      await wire.up()
    })
    expect(refusals).toBeGreaterThan(0)
    expect(recoveredMs).toBeLessThan(5_000)
    if (process.env['ASIDE_TEST_FIGURES']) process.stdout.write(`well again after ${Math.round(recoveredMs)} ms\n`)
  })

  it(
    'waits for a store that has fallen silent for some seconds, not for a quarter of an hour',
    { timeout: 60_000 },
    async () => {
      const { recoveredMs } = await survive(async () => {
        // Every query that is on its way gets no answer, and nobody says that it never will.
        const letGo = wire.add({ type: 'timeout', ms: 0 })
        const before = history.entries.length
        await expect
          .poll(
            () => {
              const since = history.entries.slice(before).filter((it) => it.op === 'send')
              return new Set(since.filter((it) => it.phase === 'info').map((it) => it.client)).size
            },
            { timeout: 15_000 },
          )
          .toBe(SENDERS)
        letGo()
      })
      expect(recoveredMs).toBeLessThan(5_000)
    },
  )

  it('neither loses nor doubles where a connection breaks in the middle of a commit', { timeout: 60_000 }, async () => {
    const { refusals } = await survive(async () => {
      wire.add({ type: 'latency', ms: 15, jitter: 10 })
      wire.add({ type: 'limit_data', bytes: () => chance.between(500, 20_000), reset: true }, { probability: 0.7 })
      await sleep(6_000)
      wire.clear()
    })
    expect(refusals).toBeGreaterThan(0)
  })
})
