import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopTurn, tellTyping } from '@aside/protocol'
import { type Beside, openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, readFacts } from '../testing/history.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { clientId, ORIGIN, type Owner, type Reading, type Visitor } from '../testing/people.ts'
import { sendJson } from '../testing/raw-request.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, hasPostgres, type TestStore } from '../testing/stores.ts'

/** The lease of the dead runs out, somebody looks, somebody else reads the log. */
const RECOVERED_MS = 5_000 + 1_000 + 1_000
/** What nobody told, the log tells within a second. */
const POLLED_MS = 1_500
const tokens = (count: number) => Array.from({ length: count }, (_, i) => tokenText(i)).join('')

describe.skipIf(!hasPostgres && !process.env['CI'])('several processes on one Postgres', () => {
  let models: ModelServer
  let store: TestStore
  let beside: Beside
  let nodes: ServerProcess[]
  const folders: string[] = []
  beforeAll(async () => {
    models = await startModelServer()
    store = await createStore('postgres')
    const start = () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'aside-node-'))
      folders.push(dataDir)
      return startServerProcess({ ...store, dataDir }, { modelUrl: models.url })
    }
    // All at once: they also agree on who migrates.
    nodes = await Promise.all([start(), start(), start()])
    beside = await openBeside(store)
  }, 40_000)
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((it) => it.kill()))
    await beside?.close()
    await store?.drop()
    await models?.stop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  let names = 0
  async function asker(model: string, at = 0) {
    const named = `${model}#node-${names++}`
    const owner: Owner = await nodes[at]!.owner({ model: named })
    const visitor = await owner.visitor()
    return { visitor, named, id: await visitor.conversation(), elsewhere: visitor.at(nodes[1]!.url) }
  }

  it('tell a reader of one what the other wrote, in order and completely', async () => {
    const { visitor, id, elsewhere } = await asker('tokens:20:5')
    const reading = elsewhere.follow()
    await reading.until('session-ready')
    const { turn } = await visitor.post(id, 'Who answers?')
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, POLLED_MS + 1_000)
    expect(end.payload.message).toMatchObject({ status: 'completed', text: tokens(20) })
    const names = reading.events.filter((it) => it.id !== undefined).map((it) => it.name)
    expect(names.filter((it) => it !== 'conversation-updated')).toEqual([
      'message-updated',
      'message-start',
      'message-end',
    ])
    reading.close()
  })

  it('tell a reader of one at once who is writing to another, once and without keeping it', async () => {
    const { visitor, id, elsewhere } = await asker('tokens:1:1')
    const [here, there] = [visitor.follow(), elsewhere.follow()]
    await Promise.all([here.until('session-ready'), there.until('session-ready')])
    let said = 0
    const heard = (reading: Reading) => reading.events.filter((it) => it.name === 'typing-updated')
    /** Said until it is heard: whoever is still reading what they missed is told nothing that passes. */
    async function typed(from: Visitor, by: Reading): Promise<void> {
      const before = heard(by).length
      const say = async () => {
        said++
        await from.client.call(tellTyping, { params: { conversationId: id } })
        return heard(by).length
      }
      await expect.poll(say, { timeout: 5_000, interval: 100 }).toBeGreaterThan(before)
    }
    await typed(visitor, there)
    await typed(elsewhere, here)
    expect(heard(there)[0]).toEqual({
      name: 'typing-updated',
      payload: { conversationId: id, author: 'visitor' },
    })
    for (const reading of [here, there]) expect(heard(reading).length).toBeLessThanOrEqual(said)
    here.close()
    there.close()
  })

  it('store a message once that is sent to both of them fifty times at once', async () => {
    const { visitor, named, id } = await asker('tokens:5:1')
    const headers = { origin: ORIGIN, authorization: `Bearer ${visitor.session.token}` }
    const body = { clientId: clientId(), text: 'Only once' }
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        sendJson(`${nodes[i % 2]!.url}/v1/conversations/${id}/messages`, body, headers),
      ),
    )
    const ids = new Set(replies.map((it) => (it.json() as { message: { id: string } }).message.id))
    expect(ids.size).toBe(1)
    expect(replies.filter((it) => it.status === 201)).toHaveLength(1)
    expect(replies.filter((it) => it.status === 200 && it.headers['idempotent-replayed'] === 'true')).toHaveLength(49)
    await expect.poll(async () => (await visitor.messages(id)).conversation.turn, { timeout: 5_000 }).toBe(undefined)
    expect((await visitor.messages(id)).messages).toHaveLength(2)
    expect(models.calls(named)).toBe(1)
  })

  it('answer every question once, whoever took it', async () => {
    const asked = await Promise.all(Array.from({ length: 12 }, (_, i) => asker('tokens:10:5', i % 3)))
    await Promise.all(asked.map(({ visitor, id }) => visitor.post(id, 'Once, please')))
    for (const { visitor, id } of asked)
      await expect
        .poll(async () => (await visitor.messages(id)).messages.at(-1)?.status, { timeout: 5_000 })
        .toBe('completed')
    expect(asked.map(({ named }) => models.calls(named))).toEqual(asked.map(() => 1))
  })

  it('stop an answer that another of them writes', async () => {
    const { visitor, named, id, elsewhere } = await asker('tokens:1000:10')
    const reading = visitor.follow()
    await reading.until('session-ready')
    const { turn } = await visitor.post(id, 'A long one')
    await reading.until('message-delta')
    const stopped = await elsewhere.client.call(stopTurn, {
      params: { conversationId: id },
      body: { turnId: turn!.id },
    })
    expect(stopped.status).toBe('stopped')
    await expect.poll(() => models.aborts(named), { timeout: 1_000 }).toBe(1)
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, POLLED_MS)
    expect(end.payload.message.status).toBe('stopped')
    reading.close()
  })

  it(
    'end the answer of one that was killed, once, and the readers of the others see it',
    { timeout: 40_000 },
    async () => {
      const history = createHistory()
      const { visitor, named, id, elsewhere } = await asker('tokens:1000:10')
      const readings = [history.listen('second', elsewhere), history.listen('third', visitor.at(nodes[2]!.url))]
      await Promise.all(readings.map((it) => it.until('session-ready')))
      const message = { conversationId: id, clientId: clientId(), text: 'Will you live?' }
      const turnId = (await history.send('asker', visitor, message))?.turn?.id
      const text = async () => (await readFacts(beside)).messages.findLast((it) => it.conversationId === id)?.text ?? ''
      await expect.poll(async () => (await beside.drafted(turnId!)).length, { timeout: 5_000 }).toBeGreaterThan(100)
      await nodes[0]!.kill()
      const killedAt = performance.now()
      const ends = await Promise.all(
        readings.map((it) => it.until('message-end', (end) => end.turn.id === turnId, RECOVERED_MS + 1_000)),
      )
      const tookMs = performance.now() - killedAt
      for (const end of ends) {
        expect(end.payload.message.status).toBe('interrupted')
        expect(end.payload.message.text.length).toBeGreaterThan(100)
        expect(end.payload.message.text).toBe(await text())
      }
      expect(models.calls(named)).toBe(1)
      const facts = await readFacts(beside)
      const told = facts.events.filter((it) => it.name === 'message-end' && it.payload.includes(turnId!))
      expect(told).toHaveLength(1)
      expect(checkHistory(history.entries, facts).filter((it) => !it.endsWith('nobody sent it'))).toEqual([])
      if (process.env['ASIDE_TEST_FIGURES']) process.stdout.write(`taken over after ${Math.round(tookMs)} ms\n`)
      for (const it of readings) it.close()
    },
  )
})
