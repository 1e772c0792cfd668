import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault, stopTurn } from '@aside/protocol'
import { createLog } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import type { RawStream } from '../testing/raw-stream.ts'
import { stores } from '../testing/stores.ts'
import { serveStreamsBeside, type StreamsBeside } from '../testing/streams-beside.ts'
import type { Model } from './model.ts'
import { type Run, runTurn } from './turn-run.ts'

/** Says a word every few milliseconds until it is cut off. */
const talker: Model = {
  name: 'talker',
  async generate(_, onText, signal) {
    for (let i = 0; !signal.aborted; i++) {
      onText(`word ${i} `)
      await sleep(2)
    }
    throw new Fault('aborted', 'Stopped')
  },
}

/** A server that only takes questions, and beside it the parts that answer them, so that the moment is the test's to choose. */
describe.for(stores)('an answer that somebody else ends while it is being written, on %s', (store) => {
  const log = createLog('silent')
  let aside: Aside
  let beside: Beside
  let owner: Owner
  let readers: StreamsBeside
  beforeAll(async () => {
    aside = await startAside({ store, boot: { limits: { engine: { maxTurns: 0 } } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner()
    readers = await serveStreamsBeside(beside, owner.tenantId)
  })
  afterAll(async () => {
    readers?.close()
    await beside?.close()
    await aside?.stop()
  })

  async function asked() {
    const visitor = await owner.visitor()
    const conversationId = await visitor.conversation()
    const { turn } = await visitor.post(conversationId, 'A question')
    const follow = (from?: 'the beginning') => readers.follow(visitor, from)
    const run: Run = { tenantId: owner.tenantId, turnId: turn!.id, stored: 0, control: new AbortController() }
    const scope = beside.scope(owner.tenantId)
    const parts = {
      log,
      turns: beside.turns,
      streams: beside.streams,
      tenancy: beside.tenancy,
      search: async () => [],
      fileOf: async () => undefined,
      modelOf: async () => ({ model: talker, name: 'talker' }),
      used: async () => {},
      owner: 'run_here',
      enter: () => true,
    }
    const begin = () => runTurn(parts, scope, run)
    return { visitor, conversationId, turnId: turn!.id, scope, run, begin, follow }
  }
  const has = (stream: RawStream, name: string) => stream.frames().some((it) => it.name === name)
  /** What was told of the answer, by the names of the events, where some of it came after its end. */
  function toldLate(stream: RawStream): string[] {
    const names = stream.frames().map((it) => it.name)
    const end = names.indexOf('message-end')
    return end < 0 ? [] : names.slice(end).filter((it) => /^message-(delta|snapshot|start)$/.test(it))
  }

  it('is told no word of after its end, where it is stopped in the moment in which it begins', async () => {
    const { scope, begin, run, follow, conversationId, turnId } = await asked()
    const stream = await follow()
    const done = begin()
    // In this turn of the event loop: on SQLite both are stored by one transaction, one after the other.
    for (let i = 0; i < 300; i++) await Promise.resolve()
    const stopped = await beside.turns.stop(scope, conversationId, turnId)
    expect(stopped.status).toBe('stopped')
    await sleep(150)
    const late = await follow('the beginning')
    await sleep(100)
    run.control.abort()
    await done
    if (store === 'sqlite') expect(has(stream, 'message-end')).toBe(true)
    expect([toldLate(stream), toldLate(late)]).toEqual([[], []])
    for (const it of [stream, late]) it.close()
  })

  it('is told no word of after its end, where another process ended it and the log is what tells of it', async () => {
    const { begin, run, follow, visitor, conversationId, turnId } = await asked()
    const stream = await follow()
    const done = begin()
    await expect.poll(() => has(stream, 'message-delta')).toBe(true)
    const stopped = await visitor.client.call(stopTurn, { params: { conversationId }, body: { turnId } })
    expect(stopped.status).toBe('stopped')
    // One that reads the log from its beginning, and one that is told of it where processes share a store.
    const late = await follow('the beginning')
    await expect.poll(() => has(late, 'message-end')).toBe(true)
    if (store === 'postgres') await expect.poll(() => has(stream, 'message-end'), { timeout: 5_000 }).toBe(true)
    await sleep(100)
    run.control.abort()
    await done
    expect([toldLate(stream), toldLate(late)]).toEqual([[], []])
    for (const it of [stream, late]) it.close()
  })
})
