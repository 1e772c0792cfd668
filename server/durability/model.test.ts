import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isFault, stopTurn } from '@aside/protocol'
import { type Aside, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, type History, readFacts } from '../testing/history.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Netfault, startNetfault } from '../testing/netfault.ts'
import { clientId, type Reading, type Visitor } from '../testing/people.ts'
import { seeded } from '../testing/seeded.ts'

const RUNS = Number(process.env['ASIDE_TEST_RUNS'] ?? 25)
const COMMANDS = 20

/** What must be there: the text by `clientId`, where it was acknowledged its id, and where it was not it may be missing. */
interface Expected {
  sent: Map<string, { text: string; id?: string }>
}

interface Actual {
  visitor: Visitor
  conversationId: string
  history: History
  reading: Reading
  lastTurn?: string
}

describe('whatever visitor, network and server do', () => {
  let models: ModelServer
  let aside: Aside
  let net: Netfault
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ modelUrl: models.url })
    net = await startNetfault(() => aside.url)
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await net?.stop()
    await aside?.stop()
    await models?.stop()
  })

  type Command = fc.AsyncCommand<Expected, Actual>
  const command = (name: string, run: Command['run'], check: Command['check'] = () => true): Command => ({
    check,
    run,
    toString: () => name,
  })
  const nth = (model: Readonly<Expected>, n: number) => [...model.sent][n % model.sent.size]!
  const some = ({ sent }: Readonly<Expected>) => sent.size > 0
  let texts = 0

  const send = command('send', async (model, real) => {
    const message = { conversationId: real.conversationId, clientId: clientId(), text: `Text ${texts++}` }
    const posted = await real.history.send('visitor', real.visitor, message)
    model.sent.set(message.clientId, { text: message.text, id: posted!.message.id })
    if (posted?.turn) real.lastTurn = posted.turn.id
  })
  const sendAgain = (n: number) =>
    command(
      `send ${n} again`,
      async (model, real) => {
        const [id, known] = nth(model, n)
        const message = { conversationId: real.conversationId, clientId: id, text: known.text }
        const posted = await real.history.send('visitor', real.visitor, message)
        if (known.id !== undefined) expect(posted!.message.id).toBe(known.id)
        known.id = posted!.message.id
      },
      some,
    )
  const sendOther = (n: number) =>
    command(
      `send another text as ${n}`,
      async (model, real) => {
        const [id, known] = nth(model, n)
        if (known.id === undefined) return
        const post = () =>
          real.visitor.post(real.conversationId, `${known.text}!`, id).then(
            () => 'posted',
            (error: unknown) => (isFault(error) ? error.code : String(error)),
          )
        let code = await post()
        // A connection that was kept for the next call had been reset.
        while (code === 'network') code = await post()
        expect(code).toBe('idempotency_mismatch')
      },
      some,
    )
  const dropResponse = (bytes: number) =>
    command(`drop a response after ${bytes} bytes`, async (model, real) => {
      const message = { conversationId: real.conversationId, clientId: clientId(), text: `Text ${texts++}` }
      const heal = net.add({ type: 'limit_data', bytes, reset: true })
      // Given up after the first try: nobody knows whether it is there.
      const posted = await real.history.send('visitor', real.visitor, message, AbortSignal.abort())
      heal()
      model.sent.set(message.clientId, { text: message.text, ...(posted ? { id: posted.message.id } : {}) })
    })
  const reconnect = command('reconnect', async (_, real) => real.reading.following.restart())
  const resetAll = command('reset every connection', async () => net.reset())
  const stop = command('stop', async (_, real) => {
    if (!real.lastTurn) return
    const params = { conversationId: real.conversationId }
    await real.visitor.client.call(stopTurn, { params, body: { turnId: real.lastTurn } }).catch((error: unknown) => {
      // The connection may have been reset under it; stopping is not what is checked here.
      if (!isFault(error) || error.code !== 'network') throw error
    })
  })
  const restart = command('restart', () => aside.restart())

  const anyOf = fc.commands(
    [
      fc.constant(send),
      fc.constant(send),
      fc.nat(9).map(sendAgain),
      fc.nat(9).map(sendOther),
      fc.integer({ min: 0, max: 800 }).map(dropResponse),
      fc.constant(reconnect),
      fc.constant(resetAll),
      fc.constant(stop),
      fc.constant(restart),
    ],
    { maxCommands: COMMANDS, size: 'max' },
  )

  async function begin(): Promise<{ model: Expected; real: Actual }> {
    const owner = await aside.owner({ model: 'tokens:8:4' })
    const direct = await owner.visitor()
    const conversationId = await direct.conversation()
    const visitor = direct.at(net.url)
    const history = createHistory()
    const reading = history.listen('reader', visitor, { backoffMs: { first: 2, longest: 20 } })
    await reading.until('session-ready')
    return { model: { sent: new Map() }, real: { visitor, conversationId, history, reading } }
  }

  /** Model, store and client must agree. */
  async function agree({ sent }: Expected, { visitor, conversationId, history, reading }: Actual): Promise<void> {
    const turn = () =>
      visitor.messages(conversationId).then(
        ({ conversation }) => conversation.turn ?? 'none',
        () => 'unknown',
      )
    await expect.poll(turn, { timeout: 10_000, interval: 10 }).toBe('none')
    const all = await readFacts(beside)
    const { visitorId } = visitor.session.session
    const messages = all.messages.filter((it) => it.conversationId === conversationId)
    const facts = {
      damage: all.damage,
      messages,
      turns: all.turns.filter((turn) => messages.some((it) => it.id === turn.messageId)),
      events: all.events.filter((it) => it.visitorId === visitorId),
    }
    const head = `${facts.events.at(-1)?.seq ?? 0}`
    await expect.poll(() => reading.following.cursor()?.split('-').at(-1), { timeout: 5_000, interval: 5 }).toBe(head)
    expect(checkHistory(history.entries, facts)).toEqual([])

    const stored = new Map(messages.map((it) => [it.clientId, it]))
    for (const [id, { text, id: messageId }] of sent)
      if (messageId !== undefined) expect(stored.get(id)).toMatchObject({ id: messageId, text })
    const seen = new Map<string, { text: string; status: string }>()
    for (const { name, payload } of reading.events)
      if (name === 'message-updated' || name === 'message-start' || name === 'message-end')
        seen.set(payload.message.id, { text: payload.message.text, status: payload.message.status })
    expect([...seen].sort()).toEqual(messages.map(({ id, text, status }) => [id, { text, status }]).sort())
    expect(messages.map((it) => it.seq)).toEqual(messages.map((_, i) => i + 1))
  }

  it(
    `model, store and reader agree in the end, in ${RUNS} lives of up to ${COMMANDS} steps`,
    { timeout: 20_000 + RUNS * 4_000 },
    async () => {
      const property = fc.asyncProperty(anyOf, async (commands) => {
        const { model, real } = await begin()
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands)
          await agree(model, real)
        } finally {
          real.reading.close()
          net.clear()
        }
      })
      await fc.assert(property, { numRuns: RUNS, seed: seeded().seed | 0, endOnFailure: true })
    },
  )
})
