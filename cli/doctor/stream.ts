/** Whether words arrive as they are written: a session of a moment, its stream, and a clock. */
import type { IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import * as v from 'valibot'
import { ErrorBody } from '@aside/protocol'
import { ask, begin, headerOf, reasonOf } from './ask.ts'
import { type Finding, notesOf, quoted } from './finding.ts'

const { ok, warn, fail } = notesOf('stream')

const Started = v.object({ token: v.string() })

/** The greeting is written at once: what takes longer is held up. */
const GREETING_MS = 4_000
const SLOW_MS = 1_500
/** The server's heartbeat, and some way for it to come. */
const HEARTBEAT_MS = 18_000
/** What comes closer together was one piece once. */
const APART_MS = 40

const BUFFER_FIX =
  'turn buffering off for /v1/events (nginx: proxy_buffering off; it also heeds X-Accel-Buffering, unless told to ignore it)'
const ENCODING_FIX = 'leave text/event-stream out of what the proxy compresses'

export interface Probe {
  api: URL
  address: string
  /** Who asks: the page, or the frame in it. */
  origin: string
  timeoutMs: number
  /** Told before a long wait. */
  note?: (text: string) => void
}

export async function probeStream({ api, address, origin, timeoutMs, note }: Probe): Promise<Finding[]> {
  const begunAt = performance.now()
  const begun = await ask(new URL('/v1/sessions', api), {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ appId: address }),
    timeoutMs,
  }).catch((error: unknown) => reasonOf(error))
  if (typeof begun === 'string') return [fail('session', `none can be started: ${begun}`)]
  const tripMs = performance.now() - begunAt
  const started = v.safeParse(Started, begun.json())
  if (!started.success) {
    const refusal = v.safeParse(ErrorBody, begun.json())
    const said = refusal.success
      ? `${refusal.output.error.code}, ${quoted(refusal.output.error.message)}`
      : `${begun.status}`
    return [fail('session', `none can be started: ${said}`)]
  }
  const authorization = `Bearer ${started.output.token}`
  const end = () =>
    ask(new URL('/v1/sessions/current', api), {
      method: 'DELETE',
      headers: { origin, authorization },
      timeoutMs,
    }).catch(() => undefined)

  const life = new AbortController()
  const openedAt = performance.now()
  const pieces: number[] = []
  let response: IncomingMessage | undefined
  let broken: string | undefined
  let isOver = false
  // As a browser asks: whoever would compress for it may show that here.
  const headers = { origin, authorization, accept: 'text/event-stream', 'accept-encoding': 'gzip, deflate, br' }
  const out = begin(new URL('/v1/events', api), { headers, signal: life.signal })
  out.on('error', (error) => ((broken = reasonOf(error)), (isOver = true)))
  out.on('response', (reply) => {
    response = reply
    reply.on('data', () => void pieces.push(performance.now() - openedAt))
    reply.on('error', () => {})
    reply.on('close', () => (isOver = true))
  })
  const until = async (ms: number, isDone: () => boolean) => {
    const giveUpAt = performance.now() + ms
    while (!isDone() && !isOver && performance.now() < giveUpAt) await sleep(10)
  }
  const apart = () => pieces.filter((at, i) => i === 0 || at - pieces[i - 1]! > APART_MS)

  try {
    await until(Math.min(timeoutMs, GREETING_MS), () => pieces.length > 0)
    const isHeld = pieces.length === 0
    const mayWait = timeoutMs >= HEARTBEAT_MS && response?.statusCode === 200
    if (!isHeld && mayWait) {
      note?.('Waiting for the heartbeat of the stream, 15 seconds at most …')
      await until(HEARTBEAT_MS, () => apart().length > 1)
    }
    const hadBeaten = apart().length > 1
    // The end of the session ends its stream: where everything was kept back, it comes now.
    const endedAt = performance.now()
    await end()
    await until(Math.min(timeoutMs, GREETING_MS), () => isOver)
    const found = {
      isHeld,
      mayWait,
      hadBeaten,
      firstMs: pieces[0],
      tripMs,
      endMs: isOver ? performance.now() - endedAt : undefined,
    }
    return response ? judge(response, found) : [noStream(broken, isOver)]
  } finally {
    life.abort()
  }
}

const noStream = (broken: string | undefined, isOver: boolean): Finding =>
  isOver
    ? fail('stream', `it broke off: ${broken ?? 'without a word'}`, 'look into the log of what stands before Aside')
    : fail('first bytes', `not even the headers of the stream came within ${GREETING_MS / 1_000} s`, BUFFER_FIX)

interface Measured {
  isHeld: boolean
  mayWait: boolean
  hadBeaten: boolean
  firstMs: number | undefined
  tripMs: number
  endMs: number | undefined
}

function judge(response: IncomingMessage, { isHeld, mayWait, hadBeaten, firstMs, tripMs, endMs }: Measured): Finding[] {
  const type = headerOf(response, 'content-type') ?? 'nothing'
  if (response.statusCode !== 200 || !type.startsWith('text/event-stream'))
    return [
      fail(
        'stream',
        `it is answered ${response.statusCode}, as ${quoted(type)}`,
        'let what stands before Aside pass /v1/events on as it is',
      ),
    ]
  const found: Finding[] = []
  const ms = firstMs === undefined ? '' : `${Math.round(firstMs)} ms`
  const hint = headerOf(response, 'x-accel-buffering') === undefined ? '; X-Accel-Buffering was taken away' : ''
  if (isHeld)
    found.push(
      fail(
        'first bytes',
        firstMs === undefined
          ? 'nothing came, not even when the session ended'
          : `everything came at once when the session ended, after ${ms}: something between keeps it back${hint}`,
        BUFFER_FIX,
      ),
    )
  else if (firstMs !== undefined && firstMs > SLOW_MS + 2 * tripMs)
    found.push(warn('first bytes', `after ${ms}: something between waits${hint}`, BUFFER_FIX))
  else found.push(ok('first bytes', `after ${ms}`))

  if (!isHeld && mayWait)
    found.push(
      hadBeaten
        ? ok('pieces', 'greeting and heartbeat came apart')
        : fail(
            'pieces',
            'no heartbeat came after the greeting: something between keeps back what is small',
            BUFFER_FIX,
          ),
    )
  else if (!isHeld) found.push(ok('pieces', 'the heartbeat was not waited for: with --timeout 20 it is'))
  if (!isHeld && endMs === undefined)
    found.push(
      warn(
        'end',
        'the end of the session did not end the stream',
        'what stands before Aside keeps connections open that have ended',
      ),
    )

  const encoding = headerOf(response, 'content-encoding')
  if (encoding && encoding !== 'identity')
    found.push(
      (isHeld || (mayWait && !hadBeaten) ? fail : warn)(
        'compression',
        `the stream comes packed (Content-Encoding: ${quoted(encoding)}): a packer tends to wait for more`,
        ENCODING_FIX,
      ),
    )
  if (response.httpVersion === '1.0')
    found.push(
      warn(
        'protocol',
        'the stream comes over HTTP/1.0, whose proxies tend to keep things back',
        'nginx: proxy_http_version 1.1',
      ),
    )
  const cache = headerOf(response, 'cache-control') ?? ''
  if (!/no-store/.test(cache) || !/no-transform/.test(cache))
    found.push(
      warn(
        'caching',
        `its Cache-Control is ${quoted(cache) || 'gone'}: something between may keep or change it`,
        'let what stands before Aside pass Cache-Control on',
      ),
    )
  return found
}
