/** One attempt's answer: from the response's bytes to its honest end. */
import { Fault } from '@aside/protocol'
import { CompletionReader } from './completion-reader.ts'
import { EventStream } from './event-stream.ts'
import type { Completion } from './model.ts'
import type { OutputText } from './output-text.ts'
import type { UpstreamBody } from './upstream.ts'
import { networkCause } from './upstream-fault.ts'
import type { Watchdog } from './watchdog.ts'

/** Room in an event for what is not text; a character of text takes at most six bytes (`\uXXXX`). */
const eventOverhead = 65_536

/** Throws `upstream_bad_response` unless the headers announce a plain event stream. */
export function checkHeaders(headers: Headers): void {
  const type = headers.get('content-type') ?? ''
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (!/^text\/event-stream\s*(;|$)/i.test(type) || encoding.toLowerCase() !== 'identity')
    throw new Fault('upstream_bad_response', 'The model sent no proper answer', {
      cause: `${type} ${encoding}`.slice(0, 100),
    })
}

/**
 * Settles at `[DONE]`, at the end of the bytes, or, once the model gave its reason, at any break. Without a reason an end
 * is `upstream_truncated`. Leaves the connection open only where it can be used again.
 */
export async function readAnswer(
  body: UpstreamBody,
  output: OutputText,
  watchdog: Watchdog,
  model: string,
  outputMost: number,
): Promise<Completion> {
  const reader = new CompletionReader()
  const done = Promise.withResolvers<void>()

  let text = ''
  function receive(data: string): void {
    if (reader.isDone) return
    text += reader.read(data)
    if (reader.isDone) done.resolve()
  }
  /** Hands on all the text that `step` brings in one go, also where it fails after some of it. */
  function take(step: () => void): void {
    try {
      step()
    } finally {
      const some = text
      text = ''
      if (some !== '') output.push(some)
    }
  }

  const events = new EventStream(receive, outputMost * 6 + eventOverhead)
  let stage: 'first token' | 'idle' | 'closing' = 'first token'
  const ended = body.read((bytes) => {
    watchdog.heard()
    try {
      take(() => events.push(bytes))
    } catch (error) {
      done.reject(error)
      body.abort(error instanceof Error ? error : new Error('unreadable'))
      return
    }
    if (stage !== 'closing' && (reader.hasBegun || reader.finishReason !== undefined)) {
      if (stage === 'first token') body.connection?.calm()
      stage = reader.finishReason === undefined ? 'idle' : 'closing'
      watchdog.reach(stage)
    }
  })
  const endedWell = ended.then(() => take(() => events.end()))

  try {
    await Promise.race([done.promise, endedWell])
  } catch (error) {
    if (reader.finishReason === undefined || isOurs(error)) throw readFault(error, output)
  }
  output.end()
  const { finishReason, usage } = reader
  if (finishReason === undefined) throw new Fault('upstream_truncated', 'The answer broke off')
  const end = { ...(usage && { usage }), model: reader.model ?? model }
  // Cut short, a call is none.
  const toolCalls = finishReason === 'stop' || finishReason === 'tool_calls' ? reader.calls.end() : []
  // Some providers say `stop` here, too.
  return toolCalls.length > 0 ? { finishReason: 'tool_calls', toolCalls, ...end } : { finishReason, ...end }
}

/** We ended it, so the model's own reason does not count. */
function isOurs(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'aborted' || error.code === 'output_too_long')
}

function readFault(error: unknown, output: OutputText): Fault {
  if (error instanceof Fault) return error
  const options = { cause: networkCause(error) }
  return output.chars === 0
    ? new Fault('upstream_unreachable', 'The model could not be reached', options)
    : new Fault('upstream_truncated', 'The answer broke off', options)
}
