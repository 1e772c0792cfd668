/**
 * A TCP proxy that spoils connections on purpose, in the words of Toxiproxy (https://github.com/Shopify/toxiproxy#toxics).
 * `down` is towards the client, `up` towards the server. Toxics apply to connections that are open, too.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

export type Toxic =
  /** Every piece comes `ms` later, give or take `jitter`. */
  | { type: 'latency'; ms: number; jitter?: number }
  | { type: 'bandwidth'; kbps: number }
  /** Cuts what passes into pieces of about `avg` bytes, each a packet of its own, `delayMs` apart. */
  | { type: 'slicer'; avg: number; delayMs?: number }
  /** Lets so many bytes of a connection pass, then closes it; with `reset`, by a TCP reset. A function is asked once for each. */
  | { type: 'limit_data'; bytes: number | (() => number); reset?: boolean }
  /**
   * Nothing passes, and the connection closes after `ms`; with 0 it stays open until the toxic is taken away. Nothing is lost
   * then: it was never read, so whoever sends meets a reader that does not read.
   */
  | { type: 'timeout'; ms: number }
  /** A TCP reset after `ms`. */
  | { type: 'reset_peer'; ms: number }
  /** The end of one side reaches the other `ms` later. */
  | { type: 'slow_close'; ms: number }

export interface Netfault {
  readonly url: string
  /** Connections that were opened, and bytes that went to clients, so far. */
  readonly opened: number
  readonly bytesDown: number
  /** Returns what takes it away again. Of the connections `probability` (1) are hit. */
  add(toxic: Toxic, options?: { direction?: Direction; probability?: number }): () => void
  clear(): void
  /** Resets every connection. */
  reset(): void
  /** `down`: refuses connections, and resets those that are open, until `up`. */
  down(): Promise<void>
  up(): Promise<void>
  stop(): Promise<void>
}

type Direction = 'down' | 'up'
type Active = { toxic: Toxic; direction: Direction; probability: number }
type Link = { client: Socket; server: Socket; chosen: Map<Active, { isHit: boolean; left: number }> }

/** `target` is asked at every connection. */
export async function startNetfault(target: () => string, random: () => number = Math.random): Promise<Netfault> {
  const toxics = new Set<Active>()
  const links = new Set<Link>()
  /** Resolved, and made anew, whenever the toxics change. */
  let changed = Promise.withResolvers<void>()
  let opened = 0
  let bytesDown = 0
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }

  function hit(link: Link, direction: Direction, type: Toxic['type']): Active[] {
    return [...toxics].filter((it) => {
      if (it.direction !== direction || it.toxic.type !== type) return false
      let chosen = link.chosen.get(it)
      if (!chosen) {
        const bytes = it.toxic.type === 'limit_data' ? it.toxic.bytes : 0
        chosen = { isHit: random() < it.probability, left: typeof bytes === 'function' ? bytes() : bytes }
        link.chosen.set(it, chosen)
      }
      return chosen.isHit
    })
  }
  const first = <T extends Toxic['type']>(link: Link, direction: Direction, type: T) =>
    hit(link, direction, type)[0]?.toxic as Extract<Toxic, { type: T }> | undefined

  function cut(link: Link, isReset: boolean): void {
    for (const socket of [link.client, link.server]) void (isReset ? socket.resetAndDestroy() : socket.destroySoon())
  }

  function resetLater(link: Link, direction: Direction): void {
    const peer = first(link, direction, 'reset_peer')
    if (peer) void sleep(peer.ms).then(() => cut(link, true))
  }

  async function pass(link: Link, direction: Direction, bytes: Buffer): Promise<void> {
    const to = direction === 'down' ? link.client : link.server
    const slicer = first(link, direction, 'slicer')
    const size = slicer ? Math.max(1, slicer.avg) : bytes.length
    for (let at = 0; at < bytes.length && !to.destroyed; at += size) {
      let piece = bytes.subarray(at, at + size)
      const limits = hit(link, direction, 'limit_data').map((it) => ({ it, chosen: link.chosen.get(it)! }))
      const least = Math.min(...limits.map(({ chosen }) => chosen.left))
      if (piece.length > least) piece = piece.subarray(0, Math.max(0, least))
      for (const { chosen } of limits) chosen.left -= piece.length
      if (direction === 'down') bytesDown += piece.length
      if (piece.length > 0 && !to.write(piece))
        await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => {})
      const spent = limits.find(({ chosen }) => chosen.left <= 0)
      if (spent) {
        const isReset = spent.it.toxic.type === 'limit_data' && spent.it.toxic.reset === true
        // What was let through shall arrive before the reset overtakes it.
        if (isReset) await sleep(2)
        return cut(link, isReset)
      }
      if (slicer) await (slicer.delayMs ? sleep(slicer.delayMs) : setImmediate())
    }
  }

  async function held(link: Link, direction: Direction, to: Socket): Promise<void> {
    for (;;) {
      const timeout = first(link, direction, 'timeout')
      if (!timeout || to.destroyed) return
      const over: Promise<unknown>[] = [changed.promise, once(to, 'close')]
      if (timeout.ms > 0) over.push(sleep(timeout.ms).then(() => cut(link, false)))
      await Promise.race(over.map((it) => it.catch(() => {})))
    }
  }

  async function pump(link: Link, direction: Direction): Promise<void> {
    const [from, to] = direction === 'down' ? [link.server, link.client] : [link.client, link.server]
    resetLater(link, direction)
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        await held(link, direction, to)
        const latency = first(link, direction, 'latency')
        if (latency) await sleep(latency.ms + (random() * 2 - 1) * (latency.jitter ?? 0))
        const bandwidth = first(link, direction, 'bandwidth')
        if (bandwidth) await sleep(bytes.length / bandwidth.kbps)
        await pass(link, direction, bytes)
        if (to.destroyed) break
      }
      const slow = first(link, direction, 'slow_close')
      if (slow) await sleep(slow.ms)
      to.end()
    } catch {
      // One side broke: so does the other.
      to.resetAndDestroy()
    }
  }

  function accept(client: Socket): void {
    opened++
    const { hostname, port } = new URL(target())
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    const link: Link = { client, server, chosen: new Map() }
    links.add(link)
    client.setNoDelay(true)
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.once('close', () => void (client.destroyed && server.destroyed && links.delete(link)))
    }
    server.once('error', () => client.resetAndDestroy())
    client.once('close', () => server.destroySoon())
    void pump(link, 'up')
    void pump(link, 'down')
  }

  let listener: Server
  let port = 0
  const listen = async () => {
    listener = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1')
    await once(listener, 'listening')
    port = (listener.address() as AddressInfo).port
  }
  const reset = () => links.forEach((link) => cut(link, true))
  const down = async () => {
    const closed = new Promise((resolve) => listener.close(resolve))
    change()
    reset()
    await closed
  }
  await listen()

  return {
    url: `http://127.0.0.1:${port}`,
    get opened() {
      return opened
    },
    get bytesDown() {
      return bytesDown
    },
    add(toxic, { direction = 'down', probability = 1 } = {}) {
      const active = { toxic, direction, probability }
      toxics.add(active)
      if (toxic.type === 'reset_peer') for (const link of links) resetLater(link, direction)
      change()
      return () => {
        toxics.delete(active)
        change()
      }
    },
    clear() {
      toxics.clear()
      change()
    },
    reset,
    down,
    up: listen,
    stop: down,
  }
}
