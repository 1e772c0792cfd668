/** Any OpenAI-compatible provider as a `Model`: the official SDK asks, the answer is read straight from the connection. */
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { Fault } from '@aside/protocol'
import { checkHeaders, readAnswer } from './answer.ts'
import { createBreakers, type Breakers, type Permit } from './breaker.ts'
import { chatRequest, hasImages, withoutImages } from './chat-request.ts'
import type { Completion, Model, Prompt } from './model.ts'
import { OutputText } from './output-text.ts'
import { defaultRetryPolicy, retryWaitMs, type RetryPolicy } from './retry.ts'
import { createUpstream, type UpstreamOptions } from './upstream.ts'
import { upstreamFault } from './upstream-fault.ts'
import { defaultTimeouts, Watchdog, type Timeouts } from './watchdog.ts'

export interface OpenAiOptions extends UpstreamOptions {
  apiKey: string
  /** Where the provider is, e.g. `http://127.0.0.1:11434/v1`; OpenAI itself when absent. */
  baseUrl?: string | undefined
  timeouts?: Partial<Timeouts>
  retry?: Partial<RetryPolicy>
  /** An answer of more characters is cut here and fails with `output_too_long`. */
  maxOutputChars?: number
  /** Shared by every provider of the process unless given. */
  breakers?: Breakers
}

export interface OpenAi extends Model {
  /** Breaks off what still runs. */
  close(): Promise<void>
}

const sharedBreakers = createBreakers()

export function createOpenAi(options: OpenAiOptions): OpenAi {
  const { apiKey, baseUrl = 'https://api.openai.com/v1', maxOutputChars = 100_000 } = options
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  const policy = { ...defaultRetryPolicy, ...options.retry }
  const breaker = (options.breakers ?? sharedBreakers)(baseUrl, apiKey)
  const upstream = createUpstream(baseUrl, options)
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl,
    fetch: upstream.fetch,
    maxRetries: 0,
    // Longer than our own watchdog, which keeps the time.
    timeout: timeouts.totalMs * 2,
    // Configuration is parsed in one place; the SDK shall not look for more of it in the environment, nor log.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
  })

  /** One request. `cut` ends it at any time, with a fault as its reason. */
  async function ask(prompt: Prompt, output: OutputText, cut: AbortSignal, watchdog: Watchdog): Promise<Completion> {
    const request = chatRequest(prompt, baseUrl)
    const response = await client.chat.completions.create(request, { signal: cut }).asResponse()
    const body = upstream.bodyOf(response)
    const abort = () => body.abort(cut.reason)
    cut.addEventListener('abort', abort, { once: true })
    try {
      if (cut.aborted) throw cut.reason
      checkHeaders(response.headers)
      watchdog.reach('first token')
      const completion = await readAnswer(body, output, watchdog, prompt.model, maxOutputChars)
      body.release(timeouts.closingMs)
      return completion
    } catch (error) {
      body.abort(upstreamFault(error))
      throw error
    } finally {
      cut.removeEventListener('abort', abort)
    }
  }

  /** One attempt, watched, and noted by the breaker. */
  async function attempt(
    permit: Permit,
    prompt: Prompt,
    onText: (text: string) => void,
    signal: AbortSignal,
    totalBy: number,
  ): Promise<Completion> {
    const cut = new AbortController()
    const stop = () => cut.abort(aborted())
    signal.addEventListener('abort', stop, { once: true })
    const watchdog = new Watchdog(timeouts, totalBy, (missed) =>
      cut.abort(new Fault('upstream_timeout', 'The model took too long', { cause: missed })),
    )
    let readerFailure: { error: unknown } | undefined
    const output = new OutputText((text) => {
      if (output.chars === text.length) permit.answers()
      try {
        onText(text)
      } catch (error) {
        readerFailure = { error }
        throw error
      }
    }, maxOutputChars)
    try {
      const completion = await ask(prompt, output, cut.signal, watchdog)
      permit.settle('success')
      return completion
    } catch (error) {
      if (readerFailure) {
        permit.settle('neutral')
        throw readerFailure.error
      }
      const fault = cut.signal.aborted ? upstreamFault(cut.signal.reason) : upstreamFault(error)
      permit.settle(isProvidersFailure(fault) ? 'failure' : 'neutral')
      throw new AttemptFault(fault, output.chars > 0)
    } finally {
      watchdog.stop()
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    name: 'openai',
    async generate(given, onText, signal, onWaiting) {
      if (signal.aborted) throw aborted()
      let prompt = given
      const totalBy = performance.now() + timeouts.totalMs
      upstream.pace.running++
      try {
        let permit = breaker.enter()
        for (let retries = 0; ; retries++) {
          try {
            return await attempt(permit, prompt, onText, signal, totalBy)
          } catch (error) {
            if (!(error instanceof AttemptFault)) throw error
            // Many models see no images: one in a conversation must not be the end of it.
            if (error.fault.code === 'upstream_rejected' && !error.hadText && hasImages(prompt)) {
              prompt = withoutImages(prompt)
              permit = breaker.enter()
              continue
            }
            const waitMs = error.hadText ? undefined : retryWaitMs(error.fault, retries, policy)
            if (waitMs === undefined || performance.now() + waitMs >= totalBy) throw error.fault
            onWaiting?.(Math.ceil(waitMs))
            await sleep(waitMs, undefined, { signal }).catch(() => {
              throw aborted()
            })
            // The failures of this very answer may have opened it: then they are what there is to tell.
            if (breaker.state === 'open') throw error.fault
            permit = breaker.enter()
          }
        }
      } finally {
        upstream.pace.running--
      }
    },
    close: () => upstream.close(),
  }
}

class AttemptFault extends Error {
  readonly fault: Fault
  readonly hadText: boolean

  constructor(fault: Fault, hadText: boolean) {
    super(fault.message)
    this.fault = fault
    this.hadText = hadText
  }
}

const failures = new Set([
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_bad_response',
  'upstream_truncated',
  'upstream_failed',
])

/** A refusal (401, 429, 400) is an answer, and a stop is ours: neither says that the provider is down. */
function isProvidersFailure(fault: Fault): boolean {
  return failures.has(fault.code)
}

function aborted(): Fault {
  return new Fault('aborted', 'The answer was stopped')
}
