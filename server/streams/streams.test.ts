import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cursor, ErrorBody, isEventName } from '@aside/protocol'
import * as v from 'valibot'
import { createEdge, createLog } from '../platform/index.ts'
import { type Aside, ORIGIN, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { sseLikeText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { openRaw, type RawStream } from '../testing/raw-stream.ts'
import { send } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'
import { openEventLog } from './event-log.ts'

describe.for(stores)('a visitor’s stream on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    const streams = { heartbeatMs: 60 }
    aside = await startAside({ store, modelUrl: models.url, boot: { limits: { streams } } })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ model: 'gpt-answer' })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const headersOf = (it: Visitor) => ({ authorization: `Bearer ${it.session.token}`, origin: ORIGIN })
  const open = (it: Visitor, more: Record<string, string | string[]> = {}, query = '') =>
    openRaw(`${aside.url}/v1/events${query}`, { ...headersOf(it), ...more })
  const first = async (stream: RawStream, count: number) => {
    await expect.poll(() => stream.frames().length).toBeGreaterThanOrEqual(count)
    return stream.frames()
  }
  /** A visitor with some past: an answer, and the cursors on the way to it. */
  async function withPast(): Promise<{ visitor: Visitor; ids: string[] }> {
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    await visitor.post(await visitor.conversation(), 'A question')
    await reading.until('message-end')
    await expect.poll(() => reading.events.at(-1)?.name).toBe('conversation-updated')
    reading.close()
    return { visitor, ids: reading.events.flatMap((it) => (it.id === undefined ? [] : [it.id])) }
  }

  it('opens with the right headers, a retry time, its greeting and a heartbeat', async () => {
    const stream = await open(await owner.visitor())
    expect(stream.status).toBe(200)
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': ORIGIN,
      'x-request-id': expect.stringMatching(/^req_/),
    })
    expect(stream.headers['vary']).toContain('Origin')
    const [ready] = await first(stream, 1)
    expect(ready).toMatchObject({ name: 'session-ready' })
    expect(ready!.id).toBeUndefined()
    expect(stream.text()).toMatch(/^retry: ?\d+\n/m)
    const beats = () => stream.text().match(/^:[^\n]*\n\n/gm)?.length ?? 0
    await expect.poll(beats).toBeGreaterThanOrEqual(3)
    stream.close()
  })

  it('gives durable events short plain ids, one after another, and replays exactly those after a cursor', async () => {
    const { visitor, ids } = await withPast()
    for (const id of ids) expect(v.is(Cursor, id) && id.length <= 32, id).toBe(true)
    for (const at of [0, 2, ids.length - 1]) {
      for (const stream of [
        await open(visitor, { 'last-event-id': ids[at]! }),
        await open(visitor, {}, `?after=${ids[at]}`),
      ]) {
        const frames = await first(stream, ids.length - at)
        expect(frames.map((it) => it.name)).not.toContain('stream-reset')
        expect(frames.flatMap((it) => it.id ?? [])).toEqual(ids.slice(at + 1))
        stream.close()
      }
    }
  })

  it('takes a garbled Last-Event-ID for none, and forges nothing from it', async () => {
    const { visitor } = await withPast()
    const garbage = ['1%0aevent: admin', 'x'.repeat(10_000), '-1', '1e9', 'NaN', 'a-b', '1-1-1', 'é-1', '../1-1', '""']
    for (const id of [...garbage, ['a-1', 'b-2']]) {
      const stream = await open(visitor, { 'last-event-id': id })
      expect(stream.status).toBe(200)
      const frames = await first(stream, 1)
      expect(frames.map((it) => it.name)).toEqual(['session-ready'])
      expect(stream.text()).not.toMatch(/admin|xxx|%0a/)
      stream.close()
    }
    for (const query of [
      '?after=1%0aevent:%20admin',
      '?after=',
      '?lastEventId=1%0aevent:%20admin',
      '?evs_last_event_id=1',
    ])
      expect((await send(`${aside.url}/v1/events${query}`, { headers: headersOf(visitor) })).error()).toMatchObject({
        code: 'invalid_input',
        issues: [{ path: expect.stringMatching(/^query\./) }],
      })
  })

  it('says stream-reset for a cursor of another epoch or from the future, and goes on from now', async () => {
    const { visitor, ids } = await withPast()
    const [epoch, head] = ids.at(-1)!.split('-') as [string, string]
    for (const [cursor, reason] of [
      ['0ther-3', 'epoch'],
      [`${epoch}-${Number(head) + 1}`, 'unknown'],
      [`${epoch}-999999999999999`, 'unknown'],
    ]) {
      const stream = await open(visitor, { 'last-event-id': cursor! })
      const frames = await first(stream, 2)
      expect(frames.map((it) => it.name)).toEqual(['session-ready', 'stream-reset'])
      expect(JSON.parse(frames[1]!.data)).toEqual({ reason, cursor: ids.at(-1) })
      stream.close()
    }
    // Another visitor's cursor tells nothing of the other: it is a place in this visitor's own stream, or none.
    const ben = await owner.visitor()
    const stream = await open(ben, { 'last-event-id': ids.at(-1)! })
    expect((await first(stream, 2)).map((it) => it.name)).toEqual(['session-ready', 'stream-reset'])
    stream.close()
  })

  it('says stream-reset where the log no longer holds what was missed, then what it still holds', async () => {
    const { visitor, ids } = await withPast()
    const [epoch] = ids[0]!.split('-') as [string]
    const { visitorId } = visitor.session.session
    await beside.db
      .em()
      .execute('delete from stream_events where visitor_id = ? and seq < ?', [visitorId, Number(ids[3]!.split('-')[1])])
    const partly = await open(visitor, { 'last-event-id': ids[0]! })
    const frames = await first(partly, 2 + ids.length - 3)
    expect(JSON.parse(frames[1]!.data)).toEqual({ reason: 'expired', cursor: ids[2] })
    expect(frames.slice(2).map((it) => it.id)).toEqual(ids.slice(3))
    partly.close()

    const log = await openEventLog({ db: beside.db, edge: createEdge(), log: createLog('silent') })
    expect(log.epoch).toBe(epoch)
    expect(await log.forget(-1_000)).toBeGreaterThan(0)
    const all = await open(visitor, { 'last-event-id': ids[0]! })
    expect(JSON.parse((await first(all, 2))[1]!.data)).toEqual({ reason: 'expired', cursor: ids.at(-1) })
    all.close()
    const none = await open(visitor, { 'last-event-id': ids.at(-1)! })
    expect((await first(none, 1)).map((it) => it.name)).toEqual(['session-ready'])
    none.close()
  })

  it('opens four streams for a session and no fifth, however fast they are asked for', async () => {
    const anna = await owner.visitor()
    const all = await Promise.all(Array.from({ length: 40 }, () => open(anna)))
    const refused = all.filter((it) => it.status === 429)
    expect([all.filter((it) => it.status === 200).length, refused.length]).toEqual([4, 36])
    for (const it of refused) {
      expect(await it.ended).toBe(true)
      expect(v.parse(ErrorBody, JSON.parse(it.text())).error).toMatchObject({ code: 'too_many_streams' })
      expect(it.headers['retry-after']).toBe('2')
    }
    const ben = await open(await owner.visitor())
    expect(ben.status).toBe(200)
    all.find((it) => it.status === 200)!.close()
    const again = async () => {
      const stream = await open(anna)
      all.push(stream)
      return stream.status
    }
    await expect.poll(again).toBe(200)
    for (const it of [ben, ...all]) it.close()
    await expect.poll(() => aside.running.app.load().readers).toBe(0)
  })

  it('carries text that looks like framing as text', async () => {
    const { visitor: visit } = await aside.owner({ model: `sse-like-text#${store}` })
    const anna = await visit()
    const stream = await open(anna)
    await first(stream, 1)
    const forged = 'Hi\n\nevent: admin\ndata: {"role":"owner"}\r\n\r\nid: 99\rretry: 1\u2028: x'
    await anna.post(await anna.conversation(), forged)
    await expect.poll(() => stream.frames().some((it) => it.name === 'message-end')).toBe(true)
    const frames = stream.frames()
    expect(frames.every((it) => isEventName(it.name) && it.name !== 'error')).toBe(true)
    // U+2028 ends a line for a regular expression, but not for an event stream.
    const lines = stream.text().split(/\r\n|\r|\n/)
    expect(lines.filter((it) => /^(event: ?admin|data: ?\[DONE\]|id: ?(7|99)$|retry: ?1$)/.test(it))).toEqual([])
    const of = (name: string) => frames.filter((it) => it.name === name).map((it) => JSON.parse(it.data))
    expect(of('message-updated')[0].message.text).toBe(forged)
    const said = sseLikeText.replace('\0', '\uFFFD')
    expect(of('message-end')[0].message.text).toBe(said)
    expect(
      of('message-delta')
        .map((it) => it.text)
        .join(''),
    ).toBe(said)
    stream.close()
  })

  it('keeps one visitor’s events from every other', async () => {
    const [anna, ben] = [await owner.visitor(), await owner.visitor()]
    const stream = await open(ben)
    await first(stream, 1)
    const reading = anna.follow()
    await anna.post(await anna.conversation(), 'For my eyes only')
    await reading.until('message-end')
    reading.close()
    expect(stream.frames()).toHaveLength(1)
    stream.close()
  })
})

describe.for(stores)('a stream that has grown old, on %s', (store) => {
  it('is closed politely and costs its reader nothing', async () => {
    const models = await startModelServer()
    const streams = { maxAgeMs: 200, heartbeatMs: 1_000 }
    const aside = await startAside({ store, modelUrl: models.url, boot: { limits: { streams } } })
    const anna = await (await aside.owner({ model: 'tokens:150:8' })).visitor()
    const raw = await openRaw(`${aside.url}/v1/events`, {
      authorization: `Bearer ${anna.session.token}`,
      origin: ORIGIN,
    })
    const reading = anna.follow()
    await reading.until('session-ready')
    await anna.post(await anna.conversation(), 'At length, please')
    const { message } = (await reading.until('message-end')).payload
    expect(await raw.ended).toBe(true)
    expect(raw.text().endsWith('\n\n')).toBe(true)
    expect(reading.states.filter((it) => it.state === 'live').length).toBeGreaterThan(3)
    expect(message.text.startsWith(reading.text(message.id))).toBe(true)
    expect(message.text.split(' ')).toHaveLength(150)
    const ids = reading.events.flatMap((it) => it.id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    expect(reading.events.map((it) => it.name)).not.toContain('stream-reset')
    expect(models.calls()).toBe(1)
    reading.close()
    await aside.stop()
    await models.stop()
  })
})
