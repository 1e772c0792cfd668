import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BoundedConnection } from '../streams/connection.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { type Netfault, startNetfault } from '../testing/netfault.ts'
import { ORIGIN, type Owner, type Visitor } from '../testing/people.ts'
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts'
import { createStore, type TestStore } from '../testing/stores.ts'

/** The default, 15 s, divided by 10. */
const STALL_MS = 1_500
const ANSWER_CHARS = 100_000
const BYTES = 100_000_000
const CONVERSATIONS = 4
const READERS = 3

/** A page that opens its stream and reads nothing of it, until it `looks`: then it says what was left for it, once that ends. */
function stare(url: string, visitor: Visitor): { look(): Promise<number> } {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const closed = once(socket, 'close')
  let bytes = 0
  socket.on('error', () => {})
  socket.on('data', (chunk) => void (bytes += chunk.length))
  socket.pause()
  socket.write(
    `GET /v1/events HTTP/1.1\r\nHost: ${hostname}\r\nOrigin: ${ORIGIN}\r\n` +
      `Authorization: Bearer ${visitor.session.token}\r\n\r\n`,
  )
  return {
    async look() {
      socket.resume()
      await closed
      return bytes
    },
  }
}

describe('readers that do not read', () => {
  let models: ModelServer
  let store: TestStore
  let server: ServerProcess
  let net: Netfault
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    store = await createStore('sqlite')
    server = await startServerProcess(store, {
      modelUrl: models.url,
      scaled: { limits: { streams: { stallMs: STALL_MS, heartbeatMs: 200, perSession: READERS + 2 } } },
    })
    net = await startNetfault(() => server.url)
    owner = await server.owner({ model: `blocks:10:${ANSWER_CHARS / 10}`, historyTurns: 0, passages: 0 })
  })
  afterAll(async () => {
    await net?.stop()
    await server?.kill()
    await store?.drop()
    await models?.stop()
  })

  /** So many bytes of answers, one after the other in each of some conversations. Returns the most memory seen. */
  async function flood(visitor: Visitor, bytes: number): Promise<number> {
    const reading = visitor.follow()
    await reading.until('session-ready')
    let most = server.memory()
    const watch = setInterval(() => (most = Math.max(most, server.memory())), 50)
    // Each answer passes twice: as it is written, and whole.
    let left = Math.ceil(bytes / (2 * ANSWER_CHARS))
    const ended = new Map<string, () => void>()
    const talk = async () => {
      const id = await visitor.conversation()
      while (left-- > 0) {
        const { turn } = await visitor.post(id, 'More')
        await new Promise<void>((resolve) => ended.set(turn!.id, resolve))
      }
    }
    const look = setInterval(() => {
      for (const it of reading.events.splice(0)) if (it.name === 'message-end') ended.get(it.payload.turn.id)?.()
    }, 5)
    await Promise.all(Array.from({ length: CONVERSATIONS }, talk))
    clearInterval(look)
    clearInterval(watch)
    expect(
      reading.states.filter((it) => it.state === 'waiting'),
      'who reads is not disturbed',
    ).toEqual([])
    reading.close()
    return most
  }

  it(
    'cost next to nothing while 100 MB pass them by, are cut, resume, and miss nothing',
    { timeout: 120_000 },
    async () => {
      const visitor = await owner.visitor()
      const start = (await visitor.messages(await visitor.conversation())).cursor
      // The same flood with everybody reading, to compare with.
      const warm = await flood(await owner.visitor(), BYTES)

      const staring = Array.from({ length: READERS }, () => stare(server.url, visitor))
      // One more stops reading as soon as it is there: it shall come back when it can.
      const slow = visitor.at(net.url).follow({ after: start, backoffMs: { first: 50, longest: 300 } })
      await slow.until('session-ready')
      const letGo = net.add({ type: 'timeout', ms: 0 })
      const most = await flood(visitor, BYTES)
      await sleep(STALL_MS)
      // Had they not been cut, they would now get it all, and stay.
      const left = await Promise.all(staring.map((it) => it.look()))
      expect(Math.max(...left)).toBeLessThan(BYTES / 5)

      const head = Number((await visitor.messages(await visitor.conversation())).cursor.split('-').at(-1))
      const resumedAt = performance.now()
      letGo()
      await expect
        .poll(() => Number(slow.following.cursor()?.split('-').at(-1)), { timeout: 30_000, interval: 20 })
        .toBeGreaterThanOrEqual(head)
      const resumeMs = performance.now() - resumedAt
      const seqs = slow.events.flatMap((it) => (it.id === undefined ? [] : [Number(it.id.split('-').at(-1))]))
      const first = Number(start.split('-').at(-1)) + 1
      expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => first + i))
      expect(slow.events.some((it) => it.name === 'stream-reset')).toBe(false)
      slow.close()

      if (process.env['ASIDE_TEST_FIGURES'])
        process.stdout.write(
          `memory: ${Math.round(warm / 1e6)} MB with no slow reader, ${Math.round(most / 1e6)} MB with ${READERS + 1}; at most ` +
            `${Math.round(Math.max(...left) / 1e6)} MB in the network; ${seqs.length} events resumed in ${Math.round(resumeMs)} ms\n`,
        )
      // Without a bound each of them would hold 100 MB, and memory as it is collected varies by tens of them.
      expect(most - warm).toBeLessThan(100_000_000)
    },
  )
})

describe('the connection of a reader that does not read', () => {
  const limits = { bufferBytes: 512 * 1024, stallMs: 200 }
  let connection: BoundedConnection
  const server = createServer((_, response) => {
    connection = new BoundedConnection(response, limits, {})
    connection.sendHead()
  })
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  afterAll(() => void server.close())

  async function open() {
    const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
    socket.on('error', () => {})
    const asked = once(server, 'request')
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    await asked
    socket.pause()
    return socket
  }

  it('never holds more than 512 kB, whatever is written to it', async () => {
    const socket = await open()
    let most = 0
    for (let i = 0; i < 20_000 && !connection.request.signal.aborted; i++) {
      connection.sendChunk('x'.repeat(10_000))
      most = Math.max(most, connection.bufferedBytes)
      if (i % 10 === 0) await sleep(0)
    }
    expect(connection.request.signal.aborted).toBe(true)
    expect(most).toBeGreaterThan(limits.bufferBytes / 2)
    expect(most).toBeLessThanOrEqual(limits.bufferBytes + 1_000)
    socket.destroy()
  })

  it('lets one event through that is larger than all it may hold', async () => {
    const socket = await open()
    let bytes = 0
    socket.on('data', (chunk) => void (bytes += chunk.length))
    connection.sendChunk('x'.repeat(2 * limits.bufferBytes))
    socket.resume()
    await expect.poll(() => bytes).toBeGreaterThan(2 * limits.bufferBytes)
    expect(connection.request.signal.aborted).toBe(false)
    socket.destroy()
  })

  it('is cut when nothing of what waits is taken for a while', async () => {
    const socket = await open()
    for (let i = 0; i < 2_000 && !connection.blocked; i++) {
      connection.sendChunk('x'.repeat(10_000))
      await sleep(0)
    }
    expect(connection.request.signal.aborted).toBe(false)
    const startedAt = performance.now()
    await once(connection.request.signal, 'abort')
    expect(performance.now() - startedAt).toBeGreaterThan(limits.stallMs - 100)
    expect(performance.now() - startedAt).toBeLessThan(limits.stallMs + 300)
    socket.destroy()
  })
})
