import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createClient, type ErrorCode, errors } from '@aside/protocol'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createUploads, fetchFile, MAX_FILE_BYTES, type Upload } from './uploads.ts'

/** What the server does with a file, by its name. */
let answers: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {}
const received: { name: string; bytes: Buffer; authorization: string | undefined }[] = []

function refuse(response: ServerResponse, code: ErrorCode, more: object = {}): void {
  response.writeHead(errors[code].status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { code, message: code, requestId: 'req_1', ...more } }))
}

const server = createServer((request, response) => {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-headers', '*')
  response.setHeader('access-control-allow-methods', '*')
  const url = new URL(request.url ?? '', 'http://peer')
  if (request.method === 'OPTIONS') return void response.writeHead(204).end()
  if (request.method === 'GET') {
    if (url.pathname.endsWith('gone')) return refuse(response, 'not_found')
    if (url.pathname.endsWith('busy')) return refuse(response, 'overloaded')
    return void response.end('The lamp flickers.')
  }
  const name = url.searchParams.get('name') ?? ''
  void buffer(request).then((bytes) => {
    received.push({ name, bytes, authorization: request.headers.authorization })
    const answer = answers[name]
    if (answer) return answer(request, response)
    response.writeHead(201, { 'content-type': 'application/json' })
    const createdAt = '2026-01-05T09:30:01.380Z'
    response.end(JSON.stringify({ id: `fil_${name}`, name, type: 'text/plain', sizeBytes: bytes.length, createdAt }))
  })
})
let baseUrl = ''
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  answers = {}
  received.length = 0
})

let token = 'one'
/** Another session where the first is refused, as the session does it. */
async function perform<T>(work: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
  try {
    return await work(createClient({ baseUrl, token: () => token }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'unauthenticated') token = 'two'
    throw error
  }
}
function open() {
  let list: readonly Upload[] = []
  const uploads = createUploads(perform, (next) => (list = next))
  const states = () => list.map((it) => `${it.name} ${it.error ?? it.status}`)
  const ended = () => list.every((it) => it.status === 'done' || it.status === 'failed')
  return { uploads, states, list: () => list, ended: () => expect.poll(ended, { timeout: 8_000 }).toBe(true) }
}
const file = (name: string, content = 'x', type = 'text/plain') => new File([content], name, { type })

it('go up with their name and the session’s token, and are given out once, in their order', async () => {
  const { uploads, states, ended } = open()
  expect(uploads.add([file('a & b.txt', 'first'), file('two.txt', 'second')])).toBe(0)
  await ended()
  expect(states()).toEqual(['a & b.txt done', 'two.txt done'])
  expect(received.find((it) => it.name === 'a & b.txt')).toEqual({
    name: 'a & b.txt',
    bytes: Buffer.from('first'),
    authorization: 'Bearer one',
  })
  expect(uploads.take().map((it) => it.attachment)).toEqual([
    { id: 'fil_a & b.txt', name: 'a & b.txt', type: 'text/plain', sizeBytes: 5 },
    { id: 'fil_two.txt', name: 'two.txt', type: 'text/plain', sizeBytes: 6 },
  ])
  expect(uploads.take()).toEqual([])
})

it('hold up no other where one is refused, hangs or is none of ours', async () => {
  answers = {
    'refused.txt': (_request, response) => refuse(response, 'unsupported_media_type'),
    'hangs.txt': () => {},
  }
  const { uploads, states } = open()
  uploads.add([
    file('hangs.txt'),
    file('refused.txt'),
    file('empty.txt', ''),
    file('film.mp4', 'x', 'video/mp4'),
    file('good.txt'),
  ])
  await expect
    .poll(states)
    .toEqual([
      'hangs.txt sending',
      'refused.txt unsupported_media_type',
      'empty.txt body_missing',
      'film.mp4 unsupported_media_type',
      'good.txt done',
    ])
  // Neither of these was sent at all.
  expect(received.map((it) => it.name).sort()).toEqual(['good.txt', 'hangs.txt', 'refused.txt'])
  expect(uploads.take().map((it) => it.attachment.name)).toEqual(['good.txt'])
  expect(states()).toEqual([])
})

it('are tried again where that helps, also with a new session, and not where it does not', async () => {
  let tries = 0
  answers = {
    'shaky.txt': (_request, response) => {
      if (++tries === 1) return refuse(response, 'overloaded', { retryAfterMs: 10 })
      if (tries === 2) return refuse(response, 'unauthenticated')
      response.writeHead(201).end(JSON.stringify({ id: 'fil_3', name: 'shaky.txt', type: 'text/plain', sizeBytes: 1 }))
    },
    // Hours from now: nobody waits for that.
    'much.txt': (_request, response) => refuse(response, 'rate_limited', { retryAfterMs: 3_600_000 }),
  }
  const { uploads, list, states, ended } = open()
  uploads.add([file('shaky.txt'), file('much.txt')])
  await ended()
  expect(states()).toEqual(['shaky.txt done', 'much.txt rate_limited'])
  expect(received.filter((it) => it.name === 'shaky.txt').map((it) => it.authorization)).toEqual([
    'Bearer one',
    'Bearer one',
    'Bearer two',
  ])
  expect(received.filter((it) => it.name === 'much.txt')).toHaveLength(1)
  delete answers['much.txt']
  uploads.retry(list()[1]!.key)
  await ended()
  expect(states()).toEqual(['shaky.txt done', 'much.txt done'])
})

it('are five at most, of 10 MB each; what failed takes no place', async () => {
  const { uploads, states, ended } = open()
  expect(uploads.add([file('large.txt', 'x'.repeat(MAX_FILE_BYTES + 1)), file('full.txt')])).toBe(0)
  expect(uploads.add(Array.from({ length: 6 }, (_, i) => file(`${i}.txt`)))).toBe(2)
  await ended()
  expect(states()[0]).toBe('large.txt body_too_large')
  expect(states().slice(1)).toEqual(['full.txt', '0.txt', '1.txt', '2.txt', '3.txt'].map((it) => `${it} done`))
  expect(received.some((it) => it.name === 'large.txt')).toBe(false)
})

it('are cancelled one by one, and the next goes up in its place', async () => {
  answers = { 'a.txt': () => {}, 'b.txt': () => {} }
  const { uploads, list, states } = open()
  uploads.add([file('a.txt'), file('b.txt'), file('c.txt')])
  await expect.poll(() => received.length).toBe(2)
  expect(states()).toEqual(['a.txt sending', 'b.txt sending', 'c.txt waiting'])
  uploads.remove(list()[0]!.key)
  await expect.poll(states).toEqual(['b.txt sending', 'c.txt done'])
  uploads.take()
})

it('come back as what they are', async () => {
  const blob = await fetchFile({ id: 'fil_1', name: 'notes.txt', type: 'text/plain', sizeBytes: 18 }, perform)
  expect(blob.type).toBe('text/plain')
  expect(await blob.text()).toBe('The lamp flickers.')
})

it('that went up before the page was loaded are there again, unless the server says that they are gone', async () => {
  const { uploads, list, states } = open()
  const before = (name: string, type = 'text/plain') => ({ id: `fil_${name}`, name, type, sizeBytes: 18 })
  const restored = [before('notes'), before('gone'), before('picture', 'image/png'), before('busy')]
  uploads.restore(restored)
  expect(states()).toEqual(['notes done', 'gone done', 'picture done', 'busy done'])
  await expect.poll(states).toEqual(['notes done', 'picture done', 'busy done'])
  // Only a picture is shown before it is sent.
  await expect.poll(() => list().map(({ file }) => file?.type)).toEqual([undefined, 'image/png', undefined])
  expect(uploads.take().map(({ attachment }) => attachment)).toEqual(restored.filter(({ name }) => name !== 'gone'))
})

it('that are restored take the place of those that are there, and of none that is on its way', async () => {
  answers = { 'slow.txt': () => {} }
  const { uploads, states } = open()
  uploads.add([file('one.txt'), file('slow.txt')])
  await expect.poll(states).toEqual(['one.txt done', 'slow.txt sending'])
  uploads.restore([{ id: 'fil_2', name: 'two.txt', type: 'text/plain', sizeBytes: 1 }])
  expect(states()).toEqual(['two.txt done', 'slow.txt sending'])
  uploads.restore([])
  expect(states()).toEqual(['slow.txt sending'])
  uploads.take()
})
