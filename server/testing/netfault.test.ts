import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Netfault, startNetfault } from './netfault.ts'
import { send } from './raw-request.ts'

const body = 'é'.repeat(20_000)

describe('the faulty network', () => {
  const server = createServer((_, response) => response.end(body))
  let net: Netfault
  const took = async () => {
    const startedAt = performance.now()
    const { text } = await send(net.url)
    return { text, ms: performance.now() - startedAt }
  }
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    net = await startNetfault(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  afterEach(() => net.clear())
  afterAll(async () => {
    await net.stop()
    server.close()
  })

  it('passes everything on where nothing is wrong', async () => {
    expect((await took()).text).toBe(body)
  })

  it('comes late, or slowly', async () => {
    net.add({ type: 'latency', ms: 100, jitter: 10 })
    expect((await took()).ms).toBeGreaterThan(85)
    net.clear()
    net.add({ type: 'bandwidth', kbps: 200 })
    const { ms, text } = await took()
    expect(ms).toBeGreaterThan(150)
    expect(text).toBe(body)
  })

  it('cuts what passes into slices, and loses nothing', async () => {
    net.add({ type: 'slicer', avg: 7 })
    expect((await took()).text).toBe(body)
  })

  it('closes, or resets, after so many bytes', async () => {
    const before = net.bytesDown
    net.add({ type: 'limit_data', bytes: 1_000 })
    await expect(took()).rejects.toThrow()
    expect(net.bytesDown - before).toBe(1_000)
    net.clear()
    net.add({ type: 'limit_data', bytes: () => 500, reset: true })
    await expect(took()).rejects.toMatchObject({ code: 'ECONNRESET' })
    net.clear()
    net.add({ type: 'latency', ms: 200 })
    net.add({ type: 'reset_peer', ms: 10 }, { direction: 'up' })
    await expect(took()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('holds everything back until it is let go, or for a time', async () => {
    const letGo = net.add({ type: 'timeout', ms: 0 })
    setTimeout(letGo, 120)
    const { ms, text } = await took()
    expect(ms).toBeGreaterThan(110)
    expect(text).toBe(body)
    net.add({ type: 'timeout', ms: 50 })
    await expect(took()).rejects.toThrow()
  })

  it('hits some connections and spares others', async () => {
    let dice = 0
    const odd = await startNetfault(
      () => net.url,
      () => dice++ % 2,
    )
    odd.add({ type: 'limit_data', bytes: 10 }, { probability: 0.5 })
    const outcomes = []
    for (let i = 0; i < 4; i++)
      outcomes.push(
        await send(odd.url).then(
          () => 'whole',
          () => 'cut',
        ),
      )
    await odd.stop()
    expect(outcomes).toEqual(['cut', 'whole', 'cut', 'whole'])
  })

  it('is down, and up again where it was', async () => {
    await net.down()
    await expect(took()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await net.up()
    expect((await took()).text).toBe(body)
  })
})
