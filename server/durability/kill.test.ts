import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBeside } from '../testing/beside.ts'
import { checkHistory, createHistory, readFacts, type StoredFacts } from '../testing/history.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { startNetfault } from '../testing/netfault.ts'
import { clientId } from '../testing/people.ts'
import { seeded } from '../testing/seeded.ts'
import { startServerProcess } from '../testing/server-process.ts'
import { createStore, type StoreKind, stores } from '../testing/stores.ts'

/** Kills, by store: what a person waits for in CI. `ASIDE_TEST_KILLS` asks for more of them. */
const rounds: Record<StoreKind, number> = { sqlite: 20, postgres: 5 }
const asked = Number(process.env['ASIDE_TEST_KILLS'] ?? Number.NaN)
const SENDERS = 6
/** A process that lives answers within a second of being there; what it left behind is seen to within five. */
const SETTLED_MS = 5_000

describe.for(stores)('a server that is killed under load, on %s', (kind) => {
  const kills = Number.isNaN(asked) ? rounds[kind] : asked
  let models: ModelServer
  beforeAll(async () => void (models = await startModelServer()))
  afterAll(() => models?.stop())

  it(
    `loses and doubles nothing in ${kills} kills, and leaves no turn behind`,
    { timeout: 20_000 + kills * 5_000 },
    async () => {
      const chance = seeded()
      const store = await createStore(kind)
      const server = await startServerProcess(store, { modelUrl: models.url })
      const net = await startNetfault(() => server.url, chance.random)
      const history = createHistory()
      const over = new AbortController()
      try {
        const owner = await server.owner({ model: 'tokens:25:8' })
        const senders = await Promise.all(
          Array.from({ length: SENDERS }, async (_, i) => {
            const visitor = (await owner.visitor()).at(net.url)
            const conversationId = await visitor.conversation()
            const reading = history.listen(`reader ${i}`, visitor, {
              after: (await visitor.messages(conversationId)).cursor,
            })
            return { name: `sender ${i}`, visitor, conversationId, reading }
          }),
        )
        /** Writes, waits a moment, writes again; now and then the same once more, as an impatient client does. */
        const talk = async ({ name, visitor, conversationId }: (typeof senders)[number]) => {
          for (let n = 0; !over.signal.aborted; n++) {
            const message = { conversationId, clientId: clientId(), text: `${name} says ${n}` }
            const twice = chance.random() < 0.3
            await Promise.all([
              history.send(name, visitor, message, over.signal),
              twice ? history.send(name, visitor, message, over.signal) : undefined,
            ])
            await sleep(chance.between(0, 300))
          }
        }
        const talking = Promise.all(senders.map(talk))
        const upMs: number[] = []
        for (let round = 0; round < kills; round++) {
          await sleep(chance.between(50, 600))
          await server.kill('SIGKILL')
          history.note('kill')
          const startedAt = performance.now()
          await server.start()
          upMs.push(performance.now() - startedAt)
          history.note('start')
        }
        over.abort()
        await talking

        const beside = await openBeside(store)
        const isQuiet = ({ turns }: StoredFacts) =>
          turns.every((it) => it.status !== 'queued' && it.status !== 'running')
        let facts = await readFacts(beside)
        const quietBy = performance.now() + SETTLED_MS
        while (!isQuiet(facts) && performance.now() < quietBy) {
          await sleep(100)
          facts = await readFacts(beside)
        }
        const heads = Map.groupBy(facts.events, (it) => it.visitorId)
        for (const { visitor, reading } of senders) {
          const last = heads.get(visitor.session.session.visitorId)?.at(-1)?.seq
          await expect
            .poll(() => reading.following.cursor()?.split('-').at(-1), { timeout: 5_000, message: chance.said })
            .toBe(String(last))
          reading.close()
        }
        await beside.close()
        expect(checkHistory(history.entries, facts, { calls: models.calls() }), chance.said).toEqual([])
        const acknowledged = history.entries.filter((it) => it.op === 'send' && it.phase === 'ok')
        expect(acknowledged.length).toBeGreaterThan(kills)
        // It was hurt: otherwise this would show nothing.
        expect(history.entries.some((it) => it.op === 'send' && it.phase === 'info')).toBe(true)
        expect(facts.turns.some((it) => it.status === 'interrupted' || it.attempt > 1)).toBe(true)
        if (process.env['ASIDE_TEST_FIGURES']) {
          const count = (status: string) => facts.turns.filter((it) => it.status === status).length
          process.stdout.write(
            `${kind}: ${kills} kills, ${acknowledged.length} acknowledged, ${facts.messages.length} messages, ` +
              `${count('completed')} completed, ${count('interrupted')} interrupted, up again in ${Math.round(Math.max(...upMs))} ms at most\n`,
          )
        }
      } finally {
        over.abort()
        await server.kill('SIGKILL')
        await net.stop()
        await store.drop()
      }
    },
  )
})
