import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { regenerate } from '@aside/protocol'
import { type Beside, openBeside } from '../testing/beside.ts'
import { readFacts } from '../testing/history.ts'
import { answerText, tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Netfault, startNetfault } from '../testing/netfault.ts'
import { clientId } from '../testing/people.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, type StoreKind, stores, type TestStore } from '../testing/stores.ts'

/** From the restart to the end of what was left. On Postgres the lease of the dead must run out first. */
const seenMs: Record<StoreKind, number> = { sqlite: 5_000, postgres: 7_000 }

const begun = { env: { ASIDE_MAX_TURNS: '1' } }

describe.for(stores)('a process that dies at the worst moment, on %s', (kind: StoreKind) => {
  let models: ModelServer
  let store: TestStore
  let server: ServerProcess
  let net: Netfault
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    store = await createStore(kind)
    server = await startServerProcess(store, { modelUrl: models.url, ...begun })
    beside = await openBeside(store)
    net = await startNetfault(() => server.url)
  })
  afterAll(async () => {
    await net?.stop()
    await beside?.close()
    await server?.kill()
    await store?.drop()
    await models?.stop()
  })
  let names = 0
  let model: string
  /** A model by this name is called by nobody else, so that its calls can be counted. */
  beforeEach(() => void (model = `tokens:8:5#window-${kind}-${names++}`))
  afterEach(() => net.clear())

  async function asker(named = model) {
    const visitor = (await (await server.owner({ model: named })).visitor()).at(net.url)
    const id = await visitor.conversation()
    const reading = visitor.follow()
    await reading.until('session-ready')
    return { visitor, id, reading }
  }
  const textOf = async (id: string) => (await readFacts(beside)).messages.find((it) => it.id === id)?.text
  const tokens = Array.from({ length: 8 }, (_, i) => tokenText(i)).join('')

  it('gives the same message to who asks again, when it died between storing and saying so', async () => {
    const { visitor, id, reading } = await asker()
    const key = clientId()
    // The response is held back: stored it is, told it is not.
    net.add({ type: 'timeout', ms: 0 })
    const lost = visitor.post(id, 'Am I there?', key)
    lost.catch(() => {})
    await expect
      .poll(async () => (await readFacts(beside)).messages.filter((it) => it.clientId === key).length, {
        timeout: 5_000,
      })
      .toBe(1)
    await server.kill()
    net.reset()
    net.clear()
    await expect(lost).rejects.toMatchObject({ code: 'network' })
    await server.start()
    const again = await visitor.post(id, 'Am I there?', key)
    const stored = (await readFacts(beside)).messages.filter((it) => it.clientId === key)
    expect(stored.map((it) => it.id)).toEqual([again.message.id])
    const end = await reading.until('message-end', (it) => it.turn.id === again.turn!.id, seenMs[kind])
    expect(end.payload.message.text).toBe(
      end.payload.message.status === 'completed' ? tokens : await textOf(end.payload.message.id),
    )
    reading.close()
  })

  it('answers a question once that was stored and not begun', async () => {
    const other = await asker('stall-after-1#holder')
    await other.visitor.post(other.id, 'I hold the only place')
    const held = await other.reading.until('message-start')
    // With something stored it ends as interrupted, and gives its place away.
    await expect.poll(() => beside.drafted(held.payload.turn.id)).not.toBe('')
    const { visitor, id, reading } = await asker()
    const { turn } = await visitor.post(id, 'Is it my turn?')
    expect(turn!.status).toBe('queued')
    await server.kill()
    expect(models.calls(model)).toBe(0)
    await server.start()
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, seenMs[kind])
    expect(end.payload.message).toMatchObject({ status: 'completed', text: tokens, attempt: 1 })
    expect(models.calls(model)).toBe(1)
    reading.close()
    other.reading.close()
  })

  it('keeps what was shown of an answer, says that it was interrupted, and answers anew when asked to', async () => {
    const { visitor, id, reading } = await asker()
    models.gate(model, 5)
    const { message: question, turn } = await visitor.post(id, 'Go on')
    const start = await reading.until('message-start')
    const answerId = start.payload.message.id
    const five = Array.from({ length: 5 }, (_, i) => tokenText(i)).join('')
    await expect.poll(() => reading.text(answerId)).toBe(five)
    await expect.poll(() => beside.drafted(turn!.id)).toBe(five)
    await server.kill()
    await server.start()
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, seenMs[kind])
    expect(end.payload.message).toMatchObject({
      status: 'interrupted',
      text: five,
      error: { code: 'turn_interrupted', retryable: true },
    })
    expect(models.calls(model)).toBe(1)
    const body = { messageId: question.id, clientId: clientId() }
    const retry = await visitor.client.call(regenerate, { params: { conversationId: id }, body })
    const second = await reading.until('message-end', (it) => it.turn.id === retry.turn!.id)
    expect(second.payload.message).toMatchObject({ status: 'completed', text: tokens })
    expect(models.calls(model)).toBe(2)
    reading.close()
  })

  it('begins an answer again, from nothing, of which nothing was shown', async () => {
    const { visitor, id, reading } = await asker('gpt-answer#' + model)
    const { reached } = models.gate('gpt-answer#' + model)
    const { turn } = await visitor.post(id, 'Hello?')
    await reading.until('message-start')
    await reached
    await server.kill()
    await server.start()
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, seenMs[kind])
    expect(end.payload.message).toMatchObject({ status: 'completed', text: answerText, attempt: 2 })
    const starts = reading.events.flatMap((it) => (it.name === 'message-start' ? [it.payload.message] : []))
    expect(starts.map((it) => [it.id, it.attempt])).toEqual([
      [end.payload.message.id, 1],
      [end.payload.message.id, 2],
    ])
    // Who is back only when it has ended gets the whole of it at once; who is back before sees it grow. Neither sees two.
    expect(['', answerText]).toContain(reading.text(end.payload.message.id))
    expect(models.calls('gpt-answer#' + model)).toBe(2)
    reading.close()
  })

  it('loses of a running answer no more than its last half second', async () => {
    const periodMs = 10
    const { visitor, id, reading } = await asker(`tokens:400:${periodMs}#${model}`)
    const { turn } = await visitor.post(id, 'Tell me a lot')
    const start = await reading.until('message-start')
    const answerId = start.payload.message.id
    await expect.poll(() => reading.text(answerId).length, { timeout: 5_000 }).toBeGreaterThan(500)
    const killed = server.kill()
    const shown = reading.text(answerId)
    await killed
    await server.start()
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, seenMs[kind])
    const { text } = end.payload.message
    const lost = (shown.match(/w/g)?.length ?? 0) - (text.match(/w/g)?.length ?? 0)
    if (process.env['ASIDE_TEST_FIGURES']) process.stdout.write(`${kind}: ${lost * periodMs} ms of an answer lost\n`)
    expect(text).not.toBe('')
    expect(lost * periodMs).toBeLessThanOrEqual(500)
    reading.close()
  })
})
