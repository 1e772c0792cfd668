import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Posted, postMessage, regenerate, stopTurn, type Turn } from '@aside/protocol'
import { type Aside, clientId, type Reading, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { answerText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'
import { messageRows, turnRows } from './entities.ts'

describe.for(stores)('a turn on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url, boot: { openaiOptions: { retry: { most: 0 } } } })
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  interface Talk {
    visitor: Visitor
    tenantId: string
    reading: Reading
    id: string
    ask(text: string): Promise<Posted & { turn: Turn }>
    stop(turnId: string): Promise<Turn>
    again(messageId: string, key?: string): Promise<Posted>
    ended(turnId: string): ReturnType<Reading['until']> & Promise<{ payload: { message: { text: string } } }>
  }
  async function talk(model: string): Promise<Talk> {
    const { tenantId, visitor: visit } = await aside.owner({ model })
    const visitor = await visit()
    const reading = visitor.follow()
    await reading.until('session-ready')
    const id = await visitor.conversation()
    const params = { conversationId: id }
    return {
      visitor,
      tenantId,
      reading,
      id,
      async ask(text) {
        const posted = await visitor.post(id, text)
        return { ...posted, turn: posted.turn! }
      },
      stop: (turnId) => visitor.client.call(stopTurn, { params, body: { turnId } }),
      again: (messageId, key = clientId()) =>
        visitor.client.call(regenerate, { params, body: { messageId, clientId: key } }),
      ended: (turnId) => reading.until('message-end', (it) => it.turn.id === turnId),
    }
  }
  const heard = (model: string, nth = 0) => models.requests.filter((it) => it.model === model)[nth]

  it('stops at the visitor’s word: the model is cut off within half a second, what was said stays', async () => {
    const model = 'tokens:400:10#stop'
    const { reading, ask, stop, visitor, id } = await talk(model)
    const { turn } = await ask('Tell me everything')
    const { payload } = await reading.until('message-delta', (it) => it.offset > 10)
    const stoppedAt = performance.now()
    expect(await stop(turn.id)).toMatchObject({ id: turn.id, status: 'stopped', answerId: payload.messageId })
    await expect.poll(() => heard(model)?.outcome).toBe('aborted')
    expect(heard(model)!.closedAt! - stoppedAt).toBeLessThan(500)
    const end = (await reading.until('message-end')).payload
    expect(end.message).toMatchObject({ status: 'stopped', id: payload.messageId })
    expect(end.message.text).toMatch(/^w0 w1 w2/)
    expect(end.message.error).toBeUndefined()
    expect(reading.text(payload.messageId)).toBe(end.message.text)
    expect((await visitor.messages(id)).messages.at(-1)).toEqual(end.message)
    reading.close()
  })

  it('stops once however often it is told to, and says the same after the end', async () => {
    const { reading, ask, stop, ended } = await talk('tokens:400:10#twice')
    const { turn } = await ask('Again and again')
    await reading.until('message-delta')
    const [first, second] = await Promise.all([stop(turn.id), stop(turn.id)])
    expect(first.status).toBe('stopped')
    expect([second, await stop(turn.id)]).toEqual([first, first])
    await ended(turn.id)
    expect(reading.events.filter((it) => it.name === 'message-end')).toHaveLength(1)

    const done = await talk('gpt-answer#stopped-late')
    const late = await done.ask('Quick')
    await done.ended(late.turn.id)
    expect(await done.stop(late.turn.id)).toMatchObject({ status: 'completed' })
    for (const it of [reading, done.reading]) it.close()
  })

  it('leaves a newer turn alone when an older one is stopped', async () => {
    const model = 'gpt-answer#older'
    const { reading, ask, stop, ended } = await talk(model)
    const older = await ask('The older')
    await ended(older.turn.id)
    const gate = models.gate(model, 3)
    const newer = await ask('The newer')
    await gate.reached
    expect(await stop(older.turn.id)).toMatchObject({ id: older.turn.id, status: 'completed' })
    gate.release()
    const { payload } = await reading.until('message-end', (it) => it.turn.id === newer.turn.id)
    expect(payload.message).toMatchObject({ status: 'completed', text: answerText })
    reading.close()
  })

  it('never asks the model for a turn that was stopped while it waited', async () => {
    const model = 'gpt-answer#waiting'
    const { reading, ask, stop, ended, visitor, id } = await talk(model)
    const gate = models.gate(model, 1)
    const first = await ask('First')
    await gate.reached
    const second = await ask('Second')
    expect(await stop(second.turn.id)).toMatchObject({ status: 'stopped' })
    expect((await visitor.messages(id)).conversation.turn?.id).toBe(first.turn.id)
    gate.release()
    await ended(first.turn.id)
    expect((await visitor.messages(id)).conversation.turn).toBeUndefined()
    expect(models.calls(model)).toBe(1)
    reading.close()
  })

  it('refuses to stop another visitor’s turn, or one of another conversation', async () => {
    const [anna, ben] = [await talk('tokens:400:10#anna'), await talk('gpt-answer')]
    const { turn } = await anna.ask('Mine')
    await expect(ben.stop(turn.id)).rejects.toMatchObject({ code: 'not_found' })
    const body = { turnId: turn.id }
    const theirs = ben.visitor.client.call(stopTurn, { params: { conversationId: anna.id }, body })
    await expect(theirs).rejects.toMatchObject({ code: 'not_found' })
    const elsewhere = { conversationId: await anna.visitor.conversation() }
    await expect(anna.visitor.client.call(stopTurn, { params: elsewhere, body })).rejects.toMatchObject({
      code: 'not_found',
    })
    expect((await anna.stop(turn.id)).status).toBe('stopped')
    for (const it of [anna, ben]) it.reading.close()
  })

  it('answers the last question once more, and supersedes the answer it had', async () => {
    const { reading, ask, again, ended, visitor, id } = await talk('gpt-answer#again')
    const asked = await ask('Once more?')
    const first = (await reading.until('message-end')).payload.message
    const key = clientId()
    const [renewed, replayed] = await Promise.all([again(first.id, key), again(asked.message.id, key)])
    expect(replayed.turn?.id).toBe(renewed.turn?.id)
    expect(renewed.message.id).toBe(asked.message.id)
    const { payload } = await reading.until('message-updated', (it) => it.message.status === 'superseded')
    expect(payload.message.id).toBe(first.id)
    await ended(renewed.turn!.id)
    const names = reading.events.filter((it) => it.id !== undefined).map((it) => it.name)
    expect(names.lastIndexOf('message-start')).toBeGreaterThan(names.lastIndexOf('message-updated'))
    const { messages } = await visitor.messages(id)
    expect(messages.map((it) => [it.author, it.status])).toEqual([
      ['visitor', 'sent'],
      ['assistant', 'completed'],
    ])
    expect(messages[1]!.id).not.toBe(first.id)
    expect(models.calls('gpt-answer#again')).toBe(2)
    const prompt = heard('gpt-answer#again', 1)!.body.messages.slice(1)
    expect(prompt).toEqual([{ role: 'user', content: 'Once more?' }])
    reading.close()
  })

  it('regenerates neither an earlier question nor one that is being answered', async () => {
    const model = 'gpt-answer#conflict'
    const { reading, ask, again, ended } = await talk(model)
    const earlier = await ask('Earlier')
    await ended(earlier.turn.id)
    const gate = models.gate(model, 1)
    const last = await ask('Last')
    await gate.reached
    await expect(again(earlier.message.id)).rejects.toMatchObject({ code: 'conflict' })
    await expect(again(last.message.id)).rejects.toMatchObject({ code: 'conflict' })
    await expect(again(`msg_${'0'.repeat(26)}`)).rejects.toMatchObject({ code: 'not_found' })
    gate.release()
    await ended(last.turn.id)
    const key = clientId()
    await again(last.message.id, key)
    await expect(again(earlier.message.id, key)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
    reading.close()
  })

  it('retries what failed and what was interrupted, and joins no two answers', async () => {
    const broken = await talk('eof-after-5#retry')
    const { message } = await broken.ask('Will it break?')
    const cut = (await broken.reading.until('message-end')).payload.message
    expect(cut).toMatchObject({ status: 'interrupted', error: { code: 'upstream_truncated', retryable: true } })
    await broken.ended((await broken.again(message.id)).turn!.id)
    const { messages } = await broken.visitor.messages(broken.id)
    expect(messages.map((it) => it.text)).toEqual(['Will it break?', 'w0 w1 w2 w3 w4'])
    expect(messages[1]!.id).not.toBe(cut.id)

    const failing = await talk('503-twice-then-ok#retry')
    const asked = await failing.ask('Third time lucky?')
    await failing.ended(asked.turn.id)
    await failing.ended((await failing.again(asked.message.id)).turn!.id)
    const third = await failing.again(asked.message.id)
    const { payload } = await failing.reading.until('message-end', (it) => it.turn.id === third.turn!.id)
    expect(payload.message).toMatchObject({ status: 'completed', text: answerText })
    expect((await failing.visitor.messages(failing.id)).messages).toHaveLength(2)
    for (const it of [broken, failing]) it.reading.close()
  })

  it('lets three questions wait behind the one being answered, then answers them in order', async () => {
    const model = 'gpt-answer#queue'
    const { reading, visitor, id } = await talk(model)
    const gate = models.gate(model, 1)
    const params = { conversationId: id }
    const ask = (i: number) =>
      visitor.client.call(postMessage, { params, body: { clientId: clientId(), text: `Question ${i}` } })
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => ask(i)))
    const taken = all.flatMap((it) => (it.status === 'fulfilled' ? [it.value.message] : []))
    expect(taken).toHaveLength(4)
    for (const it of all)
      if (it.status === 'rejected')
        expect(it.reason).toMatchObject({ code: 'conversation_busy', retryAfterMs: expect.any(Number) })
    await gate.reached
    gate.release()
    const ends = () => reading.events.filter((it) => it.name === 'message-end').map((it) => it.payload.message.replyTo)
    await expect.poll(() => ends().length, { timeout: 10_000 }).toBe(4)
    const inOrder = taken.sort((a, b) => a.seq - b.seq)
    expect(ends()).toEqual(inOrder.map((it) => it.id))
    const told = inOrder.flatMap((it) => [
      { role: 'user', content: it.text },
      { role: 'assistant', content: answerText },
    ])
    expect(heard(model, 3)!.body.messages.slice(1)).toEqual(told.slice(0, 7))
    reading.close()
  })

  it('writes nothing under an old epoch: who takes over has the last word, and the model is cut off', async () => {
    const model = 'tokens:2000:10#epoch'
    const { reading, ask, visitor, id, tenantId } = await talk(model)
    const { turn } = await ask('Begin')
    const queued = await ask('And then?')
    await reading.until('message-delta', (it) => it.offset > 60)
    const epoch = await beside.turns.handOver(beside.scope(tenantId), id, 'agent')
    expect(epoch).toBe(2)
    const after = await visitor.messages(id)
    expect(after.conversation).toMatchObject({ epoch: 2, handledBy: 'agent' })
    expect(after.conversation.turn).toBeUndefined()
    const kept = after.messages.find((it) => it.author === 'assistant')
    expect(kept).toMatchObject({ author: 'assistant', status: 'stopped', replyTo: turn.messageId })

    const stale = { status: 'completed' as const, text: 'The assistant insists', citations: [] }
    const scope = beside.scope(tenantId)
    const row = await turnRows.get(scope, { id: turn.id })
    const message = await messageRows.get(scope, { id: kept?.id ?? '' })
    for (const owner of [null, 'run_anybody'])
      expect(await beside.turns.end(scope, { turn: { ...row, owner }, message }, stale)).toBe(false)
    await expect.poll(() => heard(model)?.outcome, { timeout: 2_000 }).toBe('aborted')
    expect((await visitor.messages(id)).messages).toEqual(after.messages)
    expect(models.calls(model)).toBe(1)

    const posted = await visitor.post(id, 'Is a person there?')
    expect(posted.turn).toBeUndefined()
    expect(await beside.turns.handOver(beside.scope(tenantId), id, 'assistant')).toBe(3)
    expect((await visitor.post(id, 'Back to the machine')).turn).toMatchObject({ status: 'queued' })
    expect(queued.turn.status).toBe('queued')
    reading.close()
  })
})
