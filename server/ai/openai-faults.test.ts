import { createServer } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import type { ErrorCode, FinishReason } from '@aside/protocol'
import { isFault } from '@aside/protocol'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { answerText, sseLikeText, tokenText } from '../testing/model-scenarios.ts'
import { startModelServer, type ModelServer } from '../testing/model-server.ts'
import { createBreakers } from './breaker.ts'
import type { Completion, Prompt } from './model.ts'
import { createOpenAi, type OpenAiOptions } from './openai.ts'

const apiKey = 'sk-scripted-key-for-the-tests'

/** The defaults divided by 50. */
const timeouts = { headersMs: 400, firstTokenMs: 600, idleMs: 600, totalMs: 6_000, closingMs: 100 }

const prompt = (model: string): Prompt => ({
  model,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'What is Aside?' },
  ],
  passages: [],
  maxOutputTokens: 500,
})

interface Result {
  text: string
  waits: number[]
  tookMs: number
  completion?: Completion
  code?: ErrorCode
  retryAfterMs?: number | undefined
  /** All there is to see of the fault, its cause included. */
  shown: string
}

async function ask(baseUrl: string, model: string, options: Partial<OpenAiOptions> = {}): Promise<Result> {
  const ai = createOpenAi({
    apiKey,
    baseUrl,
    timeouts,
    retry: { backoffMs: 20 },
    maxOutputChars: 200_000,
    breakers: createBreakers(),
    ...options,
  })
  const startedAt = performance.now()
  const result: Result = { text: '', waits: [], tookMs: 0, shown: '' }
  try {
    result.completion = await ai.generate(
      prompt(model),
      (text) => {
        expect(text).not.toBe('')
        result.text += text
      },
      new AbortController().signal,
      (waitMs) => result.waits.push(waitMs),
    )
  } catch (error) {
    if (!isFault(error)) throw error
    result.code = error.code
    result.retryAfterMs = error.retryAfterMs
    result.shown = inspect(error, { depth: 12, showHidden: true })
  } finally {
    result.tookMs = performance.now() - startedAt
    await ai.close()
  }
  return result
}

const tokens = (count: number) => Array.from({ length: count }, (_, index) => tokenText(index)).join('')

interface Case {
  id: string
  what: string
  model: string
  text: string | RegExp
  calls: number
  ends: ErrorCode | FinishReason
  /** The provider saw its connection close before it was done. */
  cut?: true
}

const cases: Case[] = [
  { id: 'C0', what: 'an answer', model: 'gpt-answer', text: answerText, calls: 1, ends: 'stop' },
  {
    id: 'C1',
    what: 'an end without a reason',
    model: 'eof-after-20',
    text: tokens(20),
    calls: 1,
    ends: 'upstream_truncated',
  },
  {
    id: 'C1',
    what: '[DONE] without a reason',
    model: 'no-reason',
    text: 'Never said why.',
    calls: 1,
    ends: 'upstream_truncated',
  },
  { id: 'C1', what: 'an end before any text', model: 'eof-at-once', text: '', calls: 3, ends: 'upstream_truncated' },
  {
    id: 'C2',
    what: 'an end inside a JSON chunk',
    model: 'eof-in-json',
    text: tokens(5),
    calls: 1,
    ends: 'upstream_truncated',
  },
  { id: 'C3', what: 'a 200 that is a web page', model: 'html-200', text: '', calls: 1, ends: 'upstream_bad_response' },
  {
    id: 'C4',
    what: 'a stall after five deltas',
    model: 'stall-after-5',
    text: tokens(5),
    calls: 1,
    ends: 'upstream_timeout',
    cut: true,
  },
  {
    id: 'C4',
    what: 'headers and then no text',
    model: 'never-text',
    text: '',
    calls: 1,
    ends: 'upstream_timeout',
    cut: true,
  },
  { id: 'C5', what: 'no headers', model: 'never-headers', text: '', calls: 1, ends: 'upstream_timeout', cut: true },
  {
    id: 'C6',
    what: 'a TCP reset mid-stream',
    model: 'reset-after-5',
    text: tokens(5),
    calls: 1,
    ends: 'upstream_truncated',
  },
  {
    id: 'C6',
    what: 'a TCP reset before any text',
    model: 'reset-at-once',
    text: '',
    calls: 3,
    ends: 'upstream_unreachable',
  },
  { id: 'C8', what: 'Retry-After: 3600', model: '429-retry-3600', text: '', calls: 1, ends: 'upstream_rate_limited' },
  { id: 'C9', what: 'two 500s', model: '500-twice-then-ok', text: answerText, calls: 3, ends: 'stop' },
  { id: 'C9', what: 'two 503s', model: '503-twice-then-ok', text: answerText, calls: 3, ends: 'stop' },
  { id: 'C9', what: '500 for ever', model: '500', text: '', calls: 3, ends: 'upstream_failed' },
  { id: 'C10', what: 'a key refused', model: '401', text: '', calls: 1, ends: 'upstream_unauthorized' },
  { id: 'C10', what: 'access refused', model: '403', text: '', calls: 1, ends: 'upstream_unauthorized' },
  { id: 'C10', what: 'a request refused', model: '400', text: '', calls: 1, ends: 'upstream_rejected' },
  { id: 'C10', what: 'an unknown model', model: 'nobody-knows-it', text: '', calls: 1, ends: 'upstream_rejected' },
  { id: 'C10', what: 'a redirect', model: '307', text: '', calls: 1, ends: 'upstream_bad_response' },
  {
    id: 'C11',
    what: 'an error mid-stream',
    model: 'error-mid-stream',
    text: tokens(5),
    calls: 1,
    ends: 'upstream_failed',
  },
  { id: 'C12', what: 'garbage', model: 'garbage', text: tokens(5), calls: 1, ends: 'upstream_truncated', cut: true },
  { id: 'C12', what: 'chunks nobody expects', model: 'odd-chunks', text: 'still here', calls: 1, ends: 'stop' },
  { id: 'C13', what: 'one delta of 5 MB', model: 'huge-delta', text: '', calls: 1, ends: 'output_too_long' },
  { id: 'C13', what: '100 000 deltas', model: '100k-chars', text: 'y'.repeat(100_000), calls: 1, ends: 'stop' },
  {
    id: 'C13',
    what: 'text without end',
    model: 'endless',
    text: /^z{200000}$/,
    calls: 1,
    ends: 'output_too_long',
    cut: true,
  },
  { id: 'C14', what: 'length', model: 'finish-length', text: tokens(5), calls: 1, ends: 'length' },
  {
    id: 'C14',
    what: 'content_filter',
    model: 'finish-content-filter',
    text: tokens(5),
    calls: 1,
    ends: 'content_filter',
  },
  { id: 'C14', what: 'a tool call nobody offered', model: 'unknown-tool-call', text: '', calls: 1, ends: 'tool_calls' },
  {
    id: 'C15',
    what: 'broken Unicode',
    model: 'odd-unicode',
    text: /^lone \uFFFD and \uFFFD \| bad \uFFFD+ \| bidi \u202Etxt\u202C \| zero\u200B\u200Dwidth \| marks e\u0301{5000} \| ไทย 中文 👩‍👩‍👧 é$/u,
    calls: 1,
    ends: 'stop',
  },
  {
    id: 'A22',
    what: 'text that looks like framing',
    model: 'sse-like-text',
    text: sseLikeText.replace('\0', '\uFFFD'),
    calls: 1,
    ends: 'stop',
  },
]

describe('an upstream fault over real HTTP', () => {
  let models: ModelServer
  beforeAll(async () => {
    models = await startModelServer({ apiKey })
  })
  afterAll(() => models.stop())

  it.concurrent.each(cases)('$id: $what ends as $ends', async ({ model, text, calls, ends, cut }) => {
    const result = await ask(models.url, model)
    expect(result.code ?? result.completion?.finishReason).toBe(ends)
    if (typeof text === 'string') expect(result.text).toBe(text)
    else expect(result.text).toMatch(text)
    expect(models.calls(model)).toBe(calls)
    expect(result.waits).toHaveLength(calls - 1)
    if (cut) await vi.waitUntil(() => models.aborts(model) === 1, { timeout: 1_000, interval: 5 })
    // What the provider wrote is nobody's to read, and our key least of all.
    expect(result.shown).not.toMatch(/org-secret|sk-|Overloaded|Incorrect/)
  })

  it('C4/C5: each watchdog ends the wait at its own limit', async () => {
    const [stalled, silent, headless] = await Promise.all([
      ask(models.url, 'stall-after-5#clock'),
      ask(models.url, 'never-text#clock'),
      ask(models.url, 'never-headers#clock'),
    ])
    for (const [result, limitMs] of [
      [stalled, timeouts.idleMs],
      [silent, timeouts.firstTokenMs],
      [headless, timeouts.headersMs],
    ] as const) {
      expect(result.tookMs).toBeGreaterThanOrEqual(limitMs - 2)
      expect(result.tookMs).toBeLessThan(limitMs + 400)
    }
  })

  it('ends an answer that takes too long altogether, though it never pauses', async () => {
    const result = await ask(models.url, 'tokens:10000:5', { timeouts: { ...timeouts, totalMs: 300 } })
    expect(result.code).toBe('upstream_timeout')
    expect(result.text).toMatch(/^w0 w1 w2/)
  })

  it('does not wait long for the usage once the reason is given', async () => {
    const result = await ask(models.url, 'slow-usage')
    expect(result.completion).toEqual({ finishReason: 'stop', model: 'slow-usage' })
    expect(result.tookMs).toBeLessThan(timeouts.idleMs)
  })

  it('C7: waits as long as Retry-After says, says so, and asks once more', async () => {
    const result = await ask(models.url, '429-retry-2-then-ok')
    expect(result).toMatchObject({ text: answerText, waits: [2_000] })
    const [first, second] = models.requests.filter((request) => request.model === '429-retry-2-then-ok')
    expect(second!.receivedAt - first!.receivedAt).toBeGreaterThanOrEqual(1_995)
  })

  it('C8: says when to come back, in seconds or as a date, and does not sleep till then', async () => {
    const inSeconds = await ask(models.url, '429-retry-3600#again')
    expect(inSeconds).toMatchObject({ retryAfterMs: 3_600_000, waits: [] })
    const asDate = await ask(models.url, '429-date')
    expect(asDate.code).toBe('upstream_rate_limited')
    expect(asDate.retryAfterMs).toBeGreaterThan(3_590_000)
    expect(inSeconds.tookMs + asDate.tookMs).toBeLessThan(1_000)
  })

  it('gives the usage and the model as the provider named it', async () => {
    const { completion } = await ask(models.url, 'tokens:20:1')
    expect(completion).toEqual({
      finishReason: 'stop',
      model: 'tokens:20:1',
      usage: { inputTokens: 21, outputTokens: 20 },
    })
  })

  it('passes an error of the one who reads the text on, and closes the upstream', async () => {
    const ai = createOpenAi({ apiKey, baseUrl: models.url, breakers: createBreakers() })
    const failed = ai.generate(
      prompt('tokens:500:5#reader'),
      () => {
        throw new Error('the disk is full')
      },
      new AbortController().signal,
    )
    await expect(failed).rejects.toThrow('the disk is full')
    await vi.waitUntil(() => models.aborts('tokens:500:5#reader') === 1, { timeout: 500, interval: 5 })
    await ai.close()
  })

  describe('C16: a provider that cannot be reached', () => {
    const pem = (name: string) => readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), 'utf8')

    it('refuses the connection', async () => {
      const closed = createServer().listen(0, '127.0.0.1')
      await once(closed, 'listening')
      const address = closed.address()
      closed.close()
      const result = await ask(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`, 'gpt-answer')
      expect(result).toMatchObject({ code: 'upstream_unreachable', waits: { length: 2 } })
      expect(result.shown).toContain('ECONNREFUSED')
    })

    it('has no address', async () => {
      // A label this long is no name, so no resolver is asked.
      const result = await ask(`http://${'a'.repeat(64)}.invalid/v1`, 'gpt-answer')
      expect(result.code).toBe('upstream_unreachable')
    })

    it('shows an expired certificate', async () => {
      const secure = await startModelServer({ tls: { key: pem('model-key'), cert: pem('model-expired') } })
      const result = await ask(secure.url, 'gpt-answer', { ca: pem('model-expired') })
      expect(result.code).toBe('upstream_unreachable')
      expect(result.shown).toContain('CERT_HAS_EXPIRED')
      expect(secure.calls()).toBe(0)
      await secure.stop()
    })

    it('speaks something else than HTTP', async () => {
      const strange = createServer((socket) => {
        socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
      }).listen(0, '127.0.0.1')
      await once(strange, 'listening')
      const address = strange.address()
      const result = await ask(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`, 'gpt-answer')
      expect(result.code).toBe('upstream_bad_response')
      strange.close()
    })

    it('but is reached where its certificate is trusted', async () => {
      const secure = await startModelServer({ tls: { key: pem('model-key'), cert: pem('model-valid') } })
      for (const readAtOnceMost of [64, 0]) {
        const result = await ask(secure.url, 'tokens:40:4', { ca: pem('model-valid'), readAtOnceMost })
        expect(result).toMatchObject({ text: tokens(40), completion: { finishReason: 'stop' } })
      }
      await secure.stop()
    })
  })
})
