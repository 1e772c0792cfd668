import { expect, it } from 'vitest'
import { eraseVisitor, stopTurn } from '@aside/protocol'
import { startAside } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { startModelServer } from '../testing/model-server.ts'
import { none, tracesIn } from '../testing/traces.ts'

it('a large file is rewritten as soon as nobody is being answered, and disturbs nobody who is until then', async () => {
  const models = await startModelServer()
  const aside = await startAside({ modelUrl: models.url })
  const beside = await openBeside(aside.store)
  const owner = await aside.owner({ model: 'tokens:5000:10' })
  const fill = "insert into store_facts (name, value) values ('large', hex(zeroblob(36000000)))"
  await beside.db.execute(undefined, fill, [])
  const [gone, other] = [await owner.visitor(), await owner.visitor()]
  const ask = async (visitor: typeof gone, text: string) => {
    const reading = visitor.follow()
    await reading.until('session-ready')
    const conversationId = await visitor.conversation()
    const { turn } = await visitor.post(conversationId, text)
    await reading.until('message-delta')
    const stop = () => visitor.client.call(stopTurn, { params: { conversationId }, body: { turnId: turn!.id } })
    return { reading, stop }
  }
  const first = await ask(gone, 'TAPIRMARK '.repeat(300))
  await first.stop()
  const second = await ask(other, 'A long one')

  const params = { visitorId: gone.session.session.visitorId }
  const erased = await owner.client.call(eraseVisitor, { params, query: {} })
  expect(erased.isCompacted).toBe(false)
  expect(beside.db.isUntidy()).toBe(true)
  const told = () => second.reading.events.filter((it) => it.name === 'message-delta').length
  const before = told()
  await expect.poll(told).toBeGreaterThan(before + 5)
  expect((await second.stop()).status).toBe('stopped')

  await expect.poll(() => beside.db.isUntidy(), { timeout: 20_000 }).toBe(false)
  await expect
    .poll(() => tracesIn(aside.store, beside.db, ['TAPIRMARK']), { timeout: 5_000 })
    .toEqual(none('TAPIRMARK'))
  for (const { reading } of [first, second]) reading.close()
  await beside.close()
  await aside.stop()
  await models.stop()
}, 60_000)
