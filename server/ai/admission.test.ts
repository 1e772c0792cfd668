import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { regenerate, stopTurn } from '@aside/protocol'
import { type Aside, clientId, ORIGIN, type Owner, type Reading, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { answerText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('when more is asked than can be answered, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({
      store,
      modelUrl: models.url,
      boot: { limits: { engine: { maxTurns: 2, maxQueued: 2 } } },
    })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  interface Asker {
    visitor: Visitor
    reading: Reading
    id: string
    ask(text?: string): Promise<string>
    /** The places in the line this visitor was told, in order. */
    places(): (number | undefined)[]
    ended(turnId: string): Promise<string>
  }
  async function asker(owner: Owner): Promise<Asker> {
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    const id = await visitor.conversation()
    return {
      visitor,
      reading,
      id,
      ask: async (text = 'A question') => (await visitor.post(id, text)).turn!.id,
      places: () =>
        reading.events.flatMap((it) =>
          it.name === 'conversation-updated' && it.id === undefined ? [it.payload.conversation.turn?.place] : [],
        ),
      ended: async (turnId) =>
        (await reading.until('message-end', (it) => it.turn.id === turnId)).payload.message.status,
    }
  }

  /** Two answers that stand still after their first words, so that every place is taken. */
  async function occupy(model: string): Promise<{ askers: Asker[]; release(): Promise<void> }> {
    const [askers, gates, turns]: [Asker[], { release(): void }[], string[]] = [[], [], []]
    for (const i of [1, 2]) {
      const name = `gpt-answer#${model}-${i}-${store}`
      askers.push(await asker(await aside.owner({ model: name })))
      const gate = models.gate(name, 2)
      turns.push(await askers.at(-1)!.ask())
      await gate.reached
      gates.push(gate)
    }
    return {
      askers,
      async release() {
        for (const gate of gates) gate.release()
        expect(await Promise.all(askers.map((it, i) => it.ended(turns[i]!)))).toEqual(['completed', 'completed'])
        for (const it of askers) expect(it.reading.text(messageOf(it))).toBe(answerText)
        for (const it of askers) it.reading.close()
      },
    }
  }
  const messageOf = ({ reading }: Asker) =>
    reading.events.flatMap((it) => (it.name === 'message-end' ? [it.payload.message.id] : []))[0]!

  it('lets the third wait at a place it is told, refuses the fifth fast, and disturbs nobody who runs', async () => {
    const running = await occupy('third')
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(async (i) => asker(await aside.owner({ model: `gpt-answer#third-q${i}-${store}` }))),
    )
    const first = await one!.ask()
    await expect.poll(() => one!.places()).toEqual([1])
    const second = await two!.ask()
    await expect.poll(() => two!.places()).toEqual([2])

    const rows = () => Promise.all(['messages', 'turns', 'stream_events'].map((table) => beside.count(table)))
    const before = await rows()
    const askedAt = performance.now()
    const refused = await sendJson(
      `${aside.url}/v1/conversations/${three!.id}/messages`,
      { clientId: clientId(), text: 'Too much' },
      { authorization: `Bearer ${three!.visitor.session.token}`, origin: ORIGIN },
    )
    expect(performance.now() - askedAt).toBeLessThan(500)
    expect(refused.status).toBe(503)
    expect(refused.error()).toMatchObject({ code: 'overloaded', retryAfterMs: 3_000 })
    expect(refused.headers['retry-after']).toBe('3')
    expect(await rows()).toEqual(before)
    expect((await three!.visitor.messages(three!.id)).messages).toEqual([])

    await running.release()
    expect([await one!.ended(first), await two!.ended(second)]).toEqual(['completed', 'completed'])
    expect(await three!.ended(await three!.ask('Now?'))).toBe('completed')
    for (const it of [one!, two!, three!]) it.reading.close()
  })

  it('tells whoever waits their place once the question is stored, not before: nobody waits with what may yet be lost', async () => {
    const running = await occupy('stored')
    const owner = await aside.owner({ model: `gpt-answer#stored-waiting-${store}` })
    for (let i = 0; i < 5; i++) {
      const one = await asker(owner)
      const turnId = await one.ask()
      await expect.poll(() => one.places()).toEqual([1])
      const names = one.reading.events.map((it) => (it.id === undefined ? `${it.name}, a place` : it.name))
      const place = names.indexOf('conversation-updated, a place')
      expect(names.indexOf('message-updated'), names.join('; ')).toBeLessThan(place)
      expect(names).toContain('message-updated')
      await one.visitor.client.call(stopTurn, { params: { conversationId: one.id }, body: { turnId } })
      one.reading.close()
    }
    await running.release()
  })

  it('moves those who wait up as places become free', async () => {
    const running = await occupy('moving')
    const held = `gpt-answer#moving-held-${store}`
    const [one, two] = [
      await asker(await aside.owner({ model: held })),
      await asker(await aside.owner({ model: held })),
    ]
    await one.ask()
    await expect.poll(() => one.places()).toEqual([1])
    const last = await two.ask()
    await expect.poll(() => two.places()).toEqual([2])
    const stopped = one.visitor.messages(one.id).then(({ conversation }) => conversation.turn!.id)
    const params = { conversationId: one.id }
    await one.visitor.client.call(stopTurn, { params, body: { turnId: await stopped } })
    await expect.poll(() => two.places(), { timeout: 3_000 }).toEqual([2, 1])
    await running.release()
    expect(await two.ended(last)).toBe('completed')
    expect(models.calls(held)).toBe(1)
    for (const it of [one, two]) it.reading.close()
  })

  it('leaves no tenant more than half of the places, and serves tenants in turn', async () => {
    const running = await occupy('fair')
    const [greedy, modest] = await Promise.all(
      ['greedy', 'modest'].map((name) => aside.owner({ model: `gpt-answer#${name}-${store}` })),
    )
    const crowd = [await asker(greedy!), await asker(greedy!)]
    const waiting = await crowd[0]!.ask()
    await expect(crowd[1]!.ask()).rejects.toMatchObject({ code: 'overloaded' })
    const other = await asker(modest!)
    const served = await other.ask()
    await running.release()
    expect([await crowd[0]!.ended(waiting), await other.ended(served)]).toEqual(['completed', 'completed'])
    for (const it of [...crowd, other]) it.reading.close()
  })

  it('supersedes an answer only when the new one begins, not while it waits', async () => {
    const anna = await asker(await aside.owner({ model: `gpt-answer#again-${store}` }))
    await anna.ended(await anna.ask())
    const old = (await anna.visitor.messages(anna.id)).messages
    const running = await occupy('again')
    const params = { conversationId: anna.id }
    const body = { messageId: old[0]!.id, clientId: clientId() }
    const again = await anna.visitor.client.call(regenerate, { params, body })
    await expect.poll(() => anna.places()).toEqual([1])
    expect((await anna.visitor.messages(anna.id)).messages).toEqual(old)
    await running.release()
    await anna.ended(again.turn!.id)
    const { messages } = await anna.visitor.messages(anna.id)
    expect(messages.map((it) => it.status)).toEqual(['sent', 'completed'])
    expect(messages[1]!.id).not.toBe(old[1]!.id)
    anna.reading.close()
  })

  it('holds no place for a turn that cannot run yet: its conversation’s earlier one does', async () => {
    const model = `gpt-answer#same-${store}`
    const anna = await asker(await aside.owner({ model }))
    const gate = models.gate(model, 1)
    const first = await anna.ask('First')
    await gate.reached
    const rest = [await anna.ask('Second'), await anna.ask('Third')]
    const ben = await asker(await aside.owner({ model: `gpt-answer#free-${store}` }))
    expect(await ben.ended(await ben.ask('There is a place for me'))).toBe('completed')
    gate.release()
    for (const turn of [first, ...rest]) expect(await anna.ended(turn)).toBe('completed')
    for (const it of [anna, ben]) it.reading.close()
  })
})
