import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StreamEvent } from '@aside/protocol'
import { type Aside, startAside } from '../testing/aside.ts'
import { type FrontDoor, startFrontDoor } from '../testing/front-door.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Netfault, startNetfault } from '../testing/netfault.ts'
import type { Reading } from '../testing/people.ts'
import { seeded } from '../testing/seeded.ts'

const quick = { backoffMs: { first: 5, longest: 40 } }
const tokens = (count: number) => Array.from({ length: count }, (_, i) => tokenText(i)).join('')
const durable = (reading: Reading): StreamEvent[] => reading.events.filter((it) => it.id !== undefined)
/** The 15 s between heartbeats, and the 45 s a client waits for one, divided by 100. */
const HEARTBEAT_MS = 150
const WATCHDOG_MS = 450

let models: ModelServer
let aside: Aside
let net: Netfault
let door: FrontDoor
const chance = seeded()
beforeAll(async () => {
  models = await startModelServer()
  aside = await startAside({
    modelUrl: models.url,
    boot: { limits: { streams: { heartbeatMs: HEARTBEAT_MS, maxAgeMs: 600 } } },
  })
  net = await startNetfault(() => aside.url, chance.random)
  door = await startFrontDoor(() => aside.url)
})
afterEach(() => {
  net.clear()
  door.answer()
  door.asked.length = 0
})
afterAll(async () => {
  await door?.stop()
  await net?.stop()
  await aside?.stop()
  await models?.stop()
})

async function asker(model = 'gpt-answer') {
  const visitor = await (await aside.owner({ model })).visitor()
  return { visitor, id: await visitor.conversation() }
}

describe('readers of one conversation', () => {
  it('see the same, two tabs and a phone, each cut at random', async () => {
    const { visitor, id } = await asker('tokens:150:15#three')
    const far = visitor.at(net.url)
    net.add({ type: 'limit_data', bytes: () => chance.between(300, 3_000), reset: true })
    const readings = [1, 2, 3].map(() => far.follow(quick))
    await Promise.all(readings.map((it) => it.until('session-ready')))
    const turns = [(await visitor.post(id, 'One')).turn!, (await visitor.post(id, 'Two')).turn!]
    const ends = await Promise.all(
      readings.map(async (it) => {
        await it.until('message-end', (end) => end.turn.id === turns[0]!.id, 15_000)
        return it.until('message-end', (end) => end.turn.id === turns[1]!.id, 15_000)
      }),
    )
    net.clear()
    const last = ends[0]!.payload.message
    expect(last.text, chance.said).toBe(tokens(150))
    await expect.poll(() => new Set(readings.map((it) => it.following.cursor())).size, { message: chance.said }).toBe(1)
    const [first, ...others] = readings
    for (const it of others) expect(durable(it), chance.said).toEqual(durable(first!))
    // Who was away at the end got the rest with the end.
    for (const it of readings) expect(last.text.startsWith(it.text(last.id)), chance.said).toBe(true)
    expect(models.calls('tokens:150:15#three')).toBe(2)
    for (const it of readings) it.close()
  })

  it('who left after ten words and comes back later gets all that was written meanwhile', async () => {
    const { visitor, id } = await asker('tokens:60:10#left')
    const reading = visitor.follow()
    await reading.until('session-ready')
    const { turn } = await visitor.post(id, 'Go on without me')
    const start = await reading.until('message-start')
    const { id: answerId } = start.payload.message
    await expect.poll(() => reading.text(answerId), { interval: 5 }).toContain(tokenText(9))
    reading.close()
    const after = reading.following.cursor()!
    await expect
      .poll(async () => (await visitor.messages(id)).messages.at(-1)?.status, { timeout: 5_000 })
      .toBe('completed')
    const back = visitor.follow({ after })
    const end = await back.until('message-end', (it) => it.turn.id === turn!.id)
    expect(end.payload.message.text).toBe(tokens(60))
    expect(durable(back)[0]?.id).not.toBe(after)
    expect(models.aborts('tokens:60:10#left')).toBe(0)
    back.close()
  })

  it('miss nothing whether the stream was opened before the question or after', async () => {
    const { visitor, id } = await asker('tokens:20:5#order')
    const early = visitor.follow()
    await early.until('session-ready')
    const { cursor, turn } = await visitor.post(id, 'Before or after?')
    const late = visitor.follow({ after: cursor })
    const ends = await Promise.all(
      [early, late].map((it) => it.until('message-end', (end) => end.turn.id === turn!.id)),
    )
    const { id: answerId } = ends[0]!.payload.message
    for (const it of [early, late]) {
      expect(it.text(answerId)).toBe(tokens(20))
      expect(it.events.filter((event) => event.name === 'message-start')).toHaveLength(1)
      it.close()
    }
    expect(durable(early).slice(-durable(late).length)).toEqual(durable(late))
  })

  it('are sent away by age in the middle of an answer, and lose nothing', async () => {
    const { visitor, id } = await asker('tokens:150:10#age')
    const reading = visitor.follow(quick)
    await reading.until('session-ready')
    const { turn } = await visitor.post(id, 'Take your time')
    const start = await reading.until('message-start')
    const end = await reading.until('message-end', (it) => it.turn.id === turn!.id)
    const greetings = reading.events.flatMap((it, i) => (it.name === 'session-ready' ? [i] : []))
    const during = greetings.filter((i) => i > reading.events.indexOf(start) && i < reading.events.indexOf(end))
    expect(during.length).toBeGreaterThan(0)
    expect(tokens(150).startsWith(reading.text(end.payload.message.id))).toBe(true)
    expect(end.payload.message.text).toBe(tokens(150))
    expect(durable(reading).filter((it) => it.name === 'message-start')).toHaveLength(1)
    reading.close()
  })
})

describe('a stream that fails to open, or falls silent', () => {
  const follow = async (url: string, options: object = {}) => {
    const { visitor } = await asker()
    return { visitor, reading: visitor.at(url).follow({ ...quick, ...options }) }
  }

  it('is opened anew when even the heartbeat does not come', async () => {
    const { reading } = await follow(net.url, { watchdogMs: WATCHDOG_MS })
    await reading.until('session-ready')
    const letGo = net.add({ type: 'timeout', ms: 0 })
    const silentAt = performance.now()
    await expect
      .poll(() => reading.states.some((it) => it.state === 'waiting'), { timeout: 3_000, interval: 10 })
      .toBe(true)
    const noticedMs = performance.now() - silentAt
    letGo()
    expect(noticedMs).toBeGreaterThan(WATCHDOG_MS - HEARTBEAT_MS - 50)
    expect(noticedMs).toBeLessThan(WATCHDOG_MS + 400)
    await expect.poll(() => reading.states.at(-1)?.state).toBe('live')
    reading.close()
  })

  it('waits longer each time it is refused, and at least as long as it is told to', async () => {
    const backoffMs = { first: 20, longest: 80 }
    door.answer(
      { status: 503 },
      { status: 503, body: '<h1>Bad gateway</h1>' },
      { status: 503, headers: { 'retry-after': '1' } },
      { status: 502 },
      { status: 503 },
    )
    const { visitor, reading } = await follow(door.url, { backoffMs })
    await reading.until('session-ready')
    const waits = reading.states.flatMap((it) => (it.state === 'waiting' ? [it] : []))
    expect(waits.map((it) => it.attempt)).toEqual([1, 2, 3, 4, 5])
    // Full jitter: anything up to a ceiling that doubles, unless the server asked for more.
    expect(waits[0]!.retryInMs).toBeLessThanOrEqual(20)
    expect(waits[1]!.retryInMs).toBeLessThanOrEqual(40)
    expect(waits[2]!.retryInMs).toBeGreaterThanOrEqual(1_000)
    for (const it of waits.slice(3)) expect(it.retryInMs).toBeLessThanOrEqual(backoffMs.longest)
    expect(door.asked[3]!.at - door.asked[2]!.at).toBeGreaterThanOrEqual(990)
    // Meanwhile one may write, and nothing of it is missed.
    const { turn } = await visitor.post(await visitor.conversation(), 'Are you there?')
    await reading.until('message-end', (it) => it.turn.id === turn!.id)
    reading.close()
  })

  it('resumes from where it was, telling its place in the header and in the address', async () => {
    const { visitor, reading } = await follow(door.url)
    await reading.until('session-ready')
    await visitor.conversation()
    await expect.poll(() => durable(reading).length).toBe(1)
    const cursor = reading.following.cursor()
    door.asked.length = 0
    reading.following.restart()
    await expect.poll(() => door.asked.length).toBe(1)
    expect(door.asked[0]!.headers['last-event-id']).toBe(cursor)
    reading.close()
  })

  const expired = {
    status: 401,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code: 'session_expired', message: 'Over', requestId: 'req_1' } }),
  }
  it('renews its session once when it is refused, and gives up when that was in vain', async () => {
    let renewals = 0
    const renew = async () => ++renewals > 0
    door.answer(expired)
    const once = await follow(door.url, { renew })
    await once.reading.until('session-ready')
    expect(renewals).toBe(1)
    once.reading.close()

    door.answer(expired, expired, expired)
    door.asked.length = 0
    const twice = await follow(door.url, { renew })
    await expect.poll(() => twice.reading.states.at(-1)).toEqual({ state: 'ended', code: 'session_expired' })
    await sleep(100)
    expect(door.asked).toHaveLength(2)
    expect(renewals).toBe(2)
  })

  const missing = { error: { code: 'app_not_found', message: 'No such app', requestId: 'req_1' } }
  it.for([
    ['204', { status: 204 }],
    ['404', { status: 404, headers: { 'content-type': 'application/json' }, body: JSON.stringify(missing) }],
  ] as const)('asks no more after a %s', async ([, reply]) => {
    door.answer(reply, reply)
    const { reading } = await follow(door.url)
    await expect.poll(() => reading.states.at(-1)).toEqual({ state: 'ended', code: 'gone' })
    await sleep(100)
    expect(door.asked).toHaveLength(1)
  })
})
