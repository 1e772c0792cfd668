import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAside } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, readFacts } from '../testing/history.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { startModelServer } from '../testing/model-server.ts'
import { startNetfault } from '../testing/netfault.ts'
import type { Reading } from '../testing/people.ts'
import { type Seeded, seeded } from '../testing/seeded.ts'
import { type StoreKind, stores } from '../testing/stores.ts'

const quick = { backoffMs: { first: 2, longest: 10 } }
const tokens = (count: number) => Array.from({ length: count }, (_, i) => tokenText(i)).join('')

async function arrange(store: StoreKind, chance: Seeded) {
  const models = await startModelServer()
  const aside = await startAside({ store, modelUrl: models.url })
  const beside = await openBeside(aside.store)
  const net = await startNetfault(() => aside.url, chance.random)
  return {
    models,
    beside,
    net,
    /** A visitor, directly and through the faulty network. */
    async asker(model: string) {
      const visitor = await (await aside.owner({ model })).visitor()
      return { visitor, far: visitor.at(net.url), id: await visitor.conversation() }
    },
    async stop() {
      await net.stop()
      await beside.close()
      await aside.stop()
      await models.stop()
    },
  }
}

describe.for(stores)('a stream that is cut again and again, on %s', { concurrent: true }, (store) => {
  const chance = seeded()
  let parts: Awaited<ReturnType<typeof arrange>>
  beforeAll(async () => void (parts = await arrange(store, chance)))
  afterAll(() => parts?.stop())

  it('shows the stored text, without a hole, after 100 cuts at random bytes of one answer', async ({ expect }) => {
    const { models, beside, net, asker } = parts
    const model = 'tokens:450:20#cuts'
    const history = createHistory()
    const { visitor, far, id } = await asker(model)
    const heal = net.add({ type: 'limit_data', bytes: () => chance.between(200, 1_500), reset: true })
    const before = net.opened
    const reading = history.listen('reader', far, quick)
    const sent = await history.send('reader', visitor, { conversationId: id, clientId: 'c'.repeat(20), text: 'Tell' })
    await expect.poll(() => net.opened - before, { timeout: 15_000, message: chance.said }).toBeGreaterThan(100)
    expect(reading.events.some((it) => it.name === 'message-end')).toBe(false)
    heal()
    const end = await reading.until('message-end', (it) => it.turn.id === sent?.turn?.id, 15_000)
    reading.close()
    const { text } = end.payload.message
    expect(text, chance.said).toBe(tokens(450))
    expect(text.startsWith(reading.text(end.payload.message.id)), chance.said).toBe(true)
    expect(models.calls(model)).toBe(1)
    const facts = await readFacts(beside)
    expect(facts.messages.find((it) => it.id === end.payload.message.id)?.text).toBe(text)
    expect(checkHistory(history.entries, facts), chance.said).toEqual([])
  })
})

describe('a stream whose bytes come in pieces', () => {
  const chance = seeded()
  let parts: Awaited<ReturnType<typeof arrange>>
  beforeAll(async () => void (parts = await arrange('sqlite', chance)))
  afterAll(() => parts?.stop())

  it('carries text of many bytes a character in packets of one byte', async () => {
    const { net, asker } = parts
    const { visitor, far, id } = await asker('odd-unicode#slices')
    const heal = net.add({ type: 'slicer', avg: 1 })
    const reading = far.follow(quick)
    await reading.until('session-ready')
    const { turn } = await visitor.post(id, 'Grüße 👩‍👩‍👧 ไทย')
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id, 15_000)
    heal()
    reading.close()
    const stored = (await visitor.messages(id)).messages.at(-1)
    expect(end.payload.message).toEqual(stored)
    expect(stored?.text).toContain('👩‍👩‍👧')
    expect(reading.text(end.payload.message.id)).toBe(stored?.text)
  })

  it('resumes rightly wherever in the bytes it was cut', async () => {
    const { net, asker } = parts
    const { visitor, far, id } = await asker('sse-like-text#bytes')
    const start = (await visitor.messages(id)).cursor
    const direct = visitor.follow({ after: start })
    const { turn } = await visitor.post(id, 'Grüße 👩‍👩‍👧')
    await direct.until('message-end', (it) => it.turn.id === turn!.id)
    await direct.until('conversation-updated', (it) => it.conversation.turn === undefined)
    const durable = (reading: Reading) => reading.events.filter((it) => it.id !== undefined)
    const told = durable(direct)
    let cuts = 0
    let isWhole = false
    for (let bytes = 0; !isWhole; bytes += chance.between(1, 39)) {
      const heal = net.add({ type: 'limit_data', bytes })
      const broke = Promise.withResolvers<void>()
      const came = Promise.withResolvers<void>()
      const reading = far.follow({
        ...quick,
        after: start,
        onAny: ({ id }) => void (id === told.at(-1)?.id && came.resolve()),
        onChange: ({ state }) => void (state === 'waiting' && broke.resolve()),
      })
      isWhole = await Promise.race([broke.promise.then(() => false), came.promise.then(() => true)])
      heal()
      await came.promise
      expect(durable(reading), `${bytes} bytes, ${chance.said}`).toEqual(told)
      reading.close()
      cuts++
    }
    expect(cuts).toBeGreaterThan(50)
    direct.close()
  })
})
