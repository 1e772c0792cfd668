import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  activateConfig,
  type AppConfig,
  createApp,
  createConfig,
  createKey,
  pages,
  readUsage,
  stopTurn,
  type UsageBy,
  type UsageRow,
} from '@aside/protocol'
import { ORIGIN, type Owner, startAside, type Aside } from '../testing/aside.ts'
import { askerOf } from '../testing/asker.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { startServerProcess } from '../testing/server-process.ts'
import { createStore, stores } from '../testing/stores.ts'

const steady: AppConfig = { model: 'tokens:20:0', historyTurns: 0, retrieval: false }
const today = () => new Date().toISOString().slice(0, 10)

describe.for(stores)('the usage, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside.close()
    await aside.stop()
    await models.stop()
  })
  const read = async (owner: Owner, by: UsageBy) => (await owner.client.call(readUsage, { query: { by } })).usage

  it('tells the results of two configurations apart, and what each cost', async () => {
    const price = { inputPerMillion: 1, outputPerMillion: 3 }
    const owner = await aside.owner({ ...steady, budgets: { prices: { 'tokens:20:0': price } } })
    const { client, app } = owner
    const first = await askerOf(owner, beside)
    await first.ask('One')
    await first.ask('Two')
    const { number } = await client.call(createConfig, {
      query: { appId: app.id },
      body: { config: { ...steady, model: 'eof-after-3' } },
    })
    await client.call(activateConfig, { params: { appId: app.id }, query: {}, body: { config: number } })
    const second = await askerOf(owner, beside)
    expect((await second.ask('Three')).message.status).toBe('interrupted')

    const [one, two, ...rest] = await read(owner, 'config')
    expect(rest).toEqual([])
    expect(one).toMatchObject({ appId: app.id, config: 1, turns: 2, completed: 2, outputTokens: 40, estimatedTurns: 0 })
    expect(one!.costMillionths).toBe(one!.inputTokens + 3 * 40)
    expect(two).toMatchObject({
      config: 2,
      turns: 1,
      completed: 0,
      interrupted: 1,
      estimatedTurns: 1,
      costMillionths: 0,
    })
    expect(two!.inputTokens).toBeGreaterThan(100)

    expect(await read(owner, 'day')).toMatchObject([{ day: today(), turns: 3, completed: 2, interrupted: 1 }])
    expect(await read(owner, 'app')).toMatchObject([{ appId: app.id, turns: 3 }])
    expect((await read(owner, 'model')).map((it) => [it.model, it.turns])).toEqual([
      ['eof-after-3', 1],
      ['tokens:20:0', 2],
    ])
    expect((await read(owner, 'visitor')).map((it) => [it.visitorId, it.turns])).toEqual(
      [first, second].map(({ visitor }, i) => [visitor.session.session.visitorId, 2 - i]),
    )
  })

  it('comes in pages, of one app or of all, of the days asked for, and to nobody else', async () => {
    const owner = await aside.owner(steady)
    const body = { name: 'Other', allowedOrigins: [ORIGIN], config: { ...steady, model: 'local' } }
    const other = await owner.client.call(createApp, { query: {}, body })
    for (let i = 0; i < 3; i++) await (await askerOf(owner, beside)).ask('Hello')
    await (await askerOf(owner, beside, other.id)).ask('Hello')
    const seen: UsageRow[] = []
    for await (const page of pages(owner.client, readUsage, { query: { by: 'visitor', limit: '2' } }))
      seen.push(...page.usage)
    expect(seen.map((it) => it.appId)).toEqual([owner.app.id, owner.app.id, owner.app.id, other.id])
    expect(new Set(seen.map((it) => it.visitorId)).size).toBe(4)
    // The sources cost nothing.
    const ofOther = await owner.client.call(readUsage, { query: { by: 'model', appId: other.id } })
    expect(ofOther.usage).toMatchObject([
      { model: 'local', turns: 1, inputTokens: 0, outputTokens: 0, estimatedTurns: 0 },
    ])
    const before = await owner.client.call(readUsage, { query: { from: '2020-01-01', to: '2020-12-31' } })
    expect(before).toEqual({ usage: [], from: '2020-01-01', to: '2020-12-31' })
    const stranger = await aside.owner(steady)
    expect(await read(stranger, 'app')).toEqual([])
    await expect(stranger.client.call(readUsage, { query: { appId: owner.app.id } })).rejects.toMatchObject({
      code: 'not_found',
    })
    const { secret } = await owner.client.call(createKey, { query: {}, body: { name: 'chat', scopes: ['chat'] } })
    const reply = await fetch(`${aside.url}/v1/admin/usage`, { headers: { 'x-api-key': secret } })
    expect(reply.status).toBe(403)
    const all = await aside.operator.call(readUsage, { query: { by: 'app' } })
    expect(all.usage.map((it) => it.appId)).toContain(other.id)
  })

  it('counts by characters what was stopped in the middle, once', async () => {
    const model = 'tokens:400:50#stopped'
    const owner = await aside.owner({ ...steady, model })
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    const conversationId = await visitor.conversation()
    const { turn } = await visitor.post(conversationId, 'Go on')
    await reading.until('message-delta')
    for (let i = 0; i < 2; i++)
      await visitor.client.call(stopTurn, { params: { conversationId }, body: { turnId: turn!.id } })
    const { payload } = await reading.until('message-end')
    reading.close()
    expect(await read(owner, 'model')).toMatchObject([
      { model, turns: 1, stopped: 1, estimatedTurns: 1, outputTokens: Math.ceil(payload.message.text.length / 4) },
    ])
  })
})

describe.for(stores)('the usage of a process that is killed, on %s', (kind) => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  it('is in the ledger once: for what it had begun to say, and for what another said in its place', async () => {
    const models = await startModelServer()
    const store = await createStore(kind)
    ends.push(() => models.stop(), store.drop)
    const scaled = { limits: { engine: { leaseMs: 1_000, sweepMs: 200 } } }
    const server = await startServerProcess(store, { modelUrl: models.url, scaled })
    ends.push(() => server.kill())
    const owner = await server.owner({ ...steady, model: 'tokens:20:100' })
    const [spoken, silent] = [await owner.visitor(), await owner.visitor()]
    const reading = spoken.follow()
    await reading.until('session-ready')
    const conversation = await spoken.conversation()
    await spoken.post(conversation, 'Speak')
    await reading.until('message-delta', (it) => it.offset > 20)
    // The other one's answer has not begun when the process dies.
    const held = models.gate('tokens:20:100')
    const other = await silent.conversation()
    await silent.post(other, 'Be silent')
    await held.reached
    reading.close()
    await server.kill()
    held.release()
    await server.start()
    const statusOf = async (visitor: typeof spoken, id: string) => (await visitor.messages(id)).messages.at(-1)?.status
    await expect.poll(() => statusOf(spoken, conversation), { timeout: 15_000 }).toBe('interrupted')
    await expect.poll(() => statusOf(silent, other), { timeout: 15_000 }).toBe('completed')
    const { usage } = await owner.client.call(readUsage, { query: { by: 'app' } })
    expect(usage).toMatchObject([{ turns: 2, completed: 1, interrupted: 1, estimatedTurns: 1 }])
  }, 60_000)
})
