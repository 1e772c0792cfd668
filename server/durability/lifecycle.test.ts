import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBeside } from '../testing/beside.ts'
import { readFacts, type StoredFacts } from '../testing/history.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { clientId, ORIGIN, type Visitor } from '../testing/people.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { openRaw } from '../testing/raw-stream.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, type TestStore } from '../testing/stores.ts'

/** The defaults are 10 s and 5 s. */
const closing = { graceMs: 2_000, spreadMs: 5_000 }
const tokens = (count: number) => Array.from({ length: count }, (_, i) => tokenText(i)).join('')

describe('a server that is told to leave', () => {
  let models: ModelServer
  let store: TestStore
  let server: ServerProcess
  beforeEach(async () => {
    models = await startModelServer()
    store = await createStore('sqlite')
    server = await startServerProcess(store, { modelUrl: models.url, scaled: { closing } })
  })
  afterEach(async () => {
    await server?.kill()
    await store?.drop()
    await models?.stop()
  })

  const headersOf = ({ session }: Visitor) => ({ origin: ORIGIN, authorization: `Bearer ${session.token}` })
  const listen = (visitor: Visitor) => openRaw(`${server.url}/v1/events`, headersOf(visitor))
  async function facts(): Promise<StoredFacts> {
    const beside = await openBeside(store)
    return readFacts(beside).finally(() => beside.close())
  }
  /** Visitors, each with an answer that is being written. */
  const asking = async (model: string, count: number) => {
    const owner = await server.owner({ model })
    return Promise.all(
      Array.from({ length: count }, async () => {
        const visitor = await owner.visitor()
        const id = await visitor.conversation()
        const { turn } = await visitor.post(id, 'Tell me')
        return { visitor, id, turnId: turn!.id }
      }),
    )
  }
  const begun = (count: number) => expect.poll(() => models.calls(), { timeout: 5_000 }).toBe(count)

  it(
    'lets answers end, tells 100 readers when to come back, takes nothing on, and exits with 0',
    { timeout: 60_000 },
    async () => {
      const short = await asking('tokens:80:20', 5)
      const long = await asking('tokens:2000:20', 5)
      const quiet = await asking('gpt-answer', 15)
      const all = [...short, ...long, ...quiet]
      await begun(25)
      const streams = await Promise.all(all.flatMap(({ visitor }) => [1, 2, 3, 4].map(() => listen(visitor))))
      expect(streams.map((it) => it.status)).toEqual(Array.from({ length: 100 }, () => 200))
      await expect.poll(() => streams.every((it) => it.text().includes('session-ready'))).toBe(true)

      const toldAt = performance.now()
      server.signal('SIGTERM')
      // It answers to the last, and says that it leaves.
      await expect.poll(async () => (await send(`${server.url}/readyz`)).status, { interval: 10 }).toBe(503)
      expect((await send(`${server.url}/healthz`)).status).toBe(200)
      const { visitor, id } = quiet[0]!
      const late = { clientId: clientId(), text: 'Too late?' }
      const refused = await sendJson(`${server.url}/v1/conversations/${id}/messages`, late, headersOf(visitor))
      expect(refused.status).toBe(503)
      expect(refused.error().code).toBe('shutting_down')
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)

      expect(await server.ended).toBe(0)
      const tookMs = performance.now() - toldAt
      expect(tookMs).toBeGreaterThan(1_000)
      expect(tookMs).toBeLessThan(closing.graceMs + 3_000)

      expect(await Promise.all(streams.map((it) => it.ended))).toEqual(streams.map(() => true))
      const retries = streams.map((it) => Number(/\nretry:\s?(\d+)\n\n$/.exec(it.text())?.[1]))
      expect(Math.min(...retries)).toBeGreaterThanOrEqual(1_000)
      expect(Math.max(...retries)).toBeLessThanOrEqual(1_000 + closing.spreadMs)
      const bySecond = Map.groupBy(retries, (ms) => Math.floor(ms / 1_000))
      expect(Math.max(...[...bySecond.values()].map((it) => it.length)), 'of 100 in one second').toBeLessThanOrEqual(40)

      const { messages, turns } = await facts()
      const answerOf = (asked: { turnId: string; id: string }) =>
        messages.find((it) => it.conversationId === asked.id && it.author === 'assistant')
      for (const it of short) expect(answerOf(it)).toMatchObject({ status: 'completed', text: tokens(80) })
      for (const it of long) {
        const answer = answerOf(it)
        expect(answer?.status).toBe('interrupted')
        expect(answer?.text.length).toBeGreaterThan(100)
        expect(tokens(2_000).startsWith(answer!.text)).toBe(true)
        // Who listened was told how it ended.
        const told = streams[4 * all.indexOf(it)]!.frames().findLast((frame) => frame.name === 'message-end')
        expect(JSON.parse(told!.data).message.text).toBe(answer!.text)
      }
      expect(turns.filter((it) => it.status === 'running' || it.status === 'queued')).toEqual([])
      expect(messages.some((it) => it.clientId === late.clientId)).toBe(false)
      expect(messages.filter((it) => it.author === 'visitor')).toHaveLength(all.length)
    },
  )

  it('leaves at once when it is told twice, and what it left is seen to by the next', async () => {
    const [asked] = await asking('tokens:2000:20', 1)
    await begun(1)
    await sleep(600)
    server.signal('SIGTERM')
    await expect.poll(() => server.log.some((it) => it['event'] === 'closing')).toBe(true)
    const toldAt = performance.now()
    server.signal('SIGTERM')
    expect(await server.ended).toBe(130)
    expect(performance.now() - toldAt).toBeLessThan(1_000)
    await server.start()
    await expect
      .poll(async () => (await facts()).turns.find((it) => it.id === asked!.turnId)?.status, { timeout: 5_000 })
      .toBe('interrupted')
  })

  it('drains and exits with 1 after an error that nobody caught', async () => {
    const [asked] = await asking('tokens:30:20', 1)
    await begun(1)
    const stream = await listen(asked!.visitor)
    server.signal('SIGUSR2')
    expect(await server.ended).toBe(1)
    expect(await stream.ended).toBe(true)
    expect(stream.text()).toMatch(/\nretry:\s?\d+\n\n$/)
    expect(server.log.find((it) => it['event'] === 'crash')).toMatchObject({
      name: 'unhandledRejection',
      level: 'error',
    })
    const { turns } = await facts()
    expect(turns.map((it) => it.status)).toEqual(['completed'])
  })
})
