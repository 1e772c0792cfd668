import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBeside } from '@aside/server/testing/beside'
import { named, openPractice, type Practice, troubles } from '../testing/examined.ts'
import { packer } from '../testing/shop.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe('a look at the stream from the page', () => {
  let practice: Practice
  beforeAll(async () => {
    practice = await openPractice()
  })
  afterEach(() => void (practice.between.fault = undefined))
  afterAll(() => practice?.close())

  const path = '/v1/events'

  it('measures when it begins, sees its pieces come apart, and leaves no session behind', async () => {
    const beside = await openBeside(practice.aside.store)
    const seen = await practice.examine(practice.element())
    expect(troubles(seen)).toEqual([])
    expect(named(seen, 'first bytes')?.detail).toMatch(/^after \d+ ms$/)
    expect(named(seen, 'pieces')?.detail).toBe('greeting and heartbeat came apart')
    const open = await beside
      .scope(practice.owner.tenantId)
      .em.execute('select id from sessions where ended_at is null')
    expect(open).toEqual([])
    expect(await beside.count('conversations')).toBe(0)
    expect(practice.aside.running.app.load().readers).toBe(0)
    await beside.close()
  })

  it('finds a proxy that keeps everything back', async () => {
    practice.between.fault = { path, buffers: true, headers: { 'x-accel-buffering': undefined } }
    const [found, ...others] = troubles(await practice.examine(practice.tag()))
    expect(found).toMatchObject({
      group: 'stream',
      name: 'first bytes',
      status: 'fail',
      fix: expect.stringContaining('proxy_buffering off'),
    })
    expect(found?.detail).toMatch(/at once when the session ended, after \d+ ms.*X-Accel-Buffering was taken away/)
    expect(others).toEqual([])
  })

  it('finds a proxy that packs it', async () => {
    practice.between.fault = { path, through: packer, headers: { 'content-encoding': 'gzip' } }
    const found = troubles(await practice.examine(practice.tag()))
    expect(found).toMatchObject([
      { name: expect.stringMatching(/first bytes|pieces/), status: 'fail' },
      { name: 'compression', status: 'fail', fix: 'leave text/event-stream out of what the proxy compresses' },
    ])
  })

  it('finds what else happens to streams on their way', async () => {
    const look = async (fault: Practice['between']['fault']) => {
      practice.between.fault = { path, ...fault }
      return troubles(await practice.examine(practice.tag()))
    }
    expect(await look({ headers: { 'cache-control': 'max-age=60' } })).toMatchObject([
      { name: 'caching', status: 'warn' },
    ])
    expect(await look({ reply: { status: 502 } })).toMatchObject([{ name: 'stream', status: 'fail' }])
    expect(await look({ headers: { 'content-type': 'text/html' } })).toMatchObject([{ name: 'stream', status: 'fail' }])
    expect(await look({ path: '/v1/sessions', reply: { status: 403 } })).toMatchObject([
      { name: 'session', status: 'fail', detail: 'none can be started: 403' },
    ])
  })

  it('knows a proxy that still speaks HTTP/1.0', async () => {
    const old = createServer((socket) => {
      const { port } = new URL(practice.aside.url)
      const inner = connect(Number(port), '127.0.0.1')
      inner.on('data', (bytes) => socket.write(bytes.toString('latin1').replace(/^HTTP\/1\.1/, 'HTTP/1.0'), 'latin1'))
      inner.on('end', () => socket.end())
      socket.pipe(inner)
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
    })
    await once(old.listen(0, '127.0.0.1'), 'listening')
    const { port } = old.address() as AddressInfo
    const html = practice.element().replace('<aside-chat ', `<aside-chat base-url="http://127.0.0.1:${port}" `)
    expect(troubles(await practice.examine(html))).toMatchObject([{ name: 'protocol', status: 'warn' }])
    old.close()
  })
})
