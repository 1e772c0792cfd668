import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rates as table } from '@aside/protocol'
import { entities } from '../app.ts'
import { createLog, type Db, openDb, parseConfig } from '../platform/index.ts'
import { databaseOf } from '../testing/beside.ts'
import { createStore, hasPostgres, type TestStore } from '../testing/stores.ts'
import { createRates, type Rates } from './rates.ts'

describe.skipIf(!hasPostgres && !process.env['CI'])('two processes that count together', () => {
  let store: TestStore
  const opened: Db[] = []
  beforeAll(async () => {
    store = await createStore('postgres')
    for (let i = 0; i < 2; i++) {
      const db = await openDb(databaseOf(store), entities)
      opened.push(db)
      await db.migrate()
    }
  })
  afterAll(async () => {
    await Promise.all(opened.map((it) => it.close()))
    await store.drop()
  })
  const nodes = (env: Record<string, string>): Rates[] =>
    opened.map((db) => createRates({ db, log: createLog('silent'), table: parseConfig(env).rates }))

  it('admit the limit between them, one more at most, however their clients crowd', async () => {
    const both = nodes({ ASIDE_RATE_START_ADDRESS: '6/40' })
    const asking = { ip: '203.0.113.1', appId: 'app_a' }
    const answers = await Promise.all(
      both.flatMap((node) =>
        Array.from({ length: 8 }, async () => {
          const own = []
          for (let i = 0; i < 10; i++) own.push(await node.take('start', asking))
          return own
        }),
      ),
    )
    const admitted = answers.flat().filter((it) => it?.counted.admitted).length
    expect(admitted).toBeGreaterThanOrEqual(40)
    expect(admitted).toBeLessThanOrEqual(41)
    const left = answers
      .flat()
      .filter((it) => it?.counted.admitted)
      .map((it) => it!.counted.remaining)
    expect(Math.min(...left)).toBe(0)
  })

  it('take nothing of a wider limit for what a narrower one refuses', async () => {
    const [one, two] = nodes({
      ASIDE_RATE_ASK_SESSION: '1/2',
      ASIDE_RATE_ASK_ADDRESS: '1/4',
      ASIDE_RATE_ASK_APP: '1/9',
    })
    const ask = async (node: Rates | undefined, sessionId: string) => {
      const it = await node!.take('ask', { ip: '203.0.113.2', sessionId, appId: 'app_b' })
      return it!.counted.admitted ? 'admitted' : it!.name
    }
    const said = []
    for (const [node, session] of [
      [one, 'a'],
      [two, 'a'],
      [one, 'a'],
      [two, 'a'],
      [two, 'b'],
      [one, 'b'],
      [one, 'c'],
      [two, 'd'],
    ] as const)
      said.push(await ask(node, session))
    expect(said).toEqual([
      ...['admitted', 'admitted', 'ask-session', 'ask-session'],
      ...['admitted', 'admitted', 'ask-address', 'ask-address'],
    ])
  })

  it('keep no row longer than it means anything', async () => {
    const [node] = nodes({})
    await node!.take('read', { ip: '203.0.113.3', sessionId: 'long-ago' })
    const [db] = opened
    await db!.execute(undefined, `update "rate_limits" set "arrival" = 1`, [])
    let now = Date.now() + 61_000
    const later = createRates({ db: db!, log: createLog('silent'), table, clock: () => now })
    now += 61_000
    await later.take('read', { ip: '203.0.113.3', sessionId: 'now' })
    await expect
      .poll(async () => (await db!.execute(undefined, 'select "name" from "rate_limits"', [])).rows)
      .toEqual([{ name: 'read session now' }])
  })
})
