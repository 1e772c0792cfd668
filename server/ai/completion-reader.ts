/** The chunks of an OpenAI chat completion in, text and the reason of its end out. Unknown shapes are passed over. */
import { Fault, type FinishReason, type Usage } from '@aside/protocol'
import { CallReader } from './call-reader.ts'
import { templateOf, type ChunkTemplate } from './chunk-template.ts'
import { isRecord } from './records.ts'

const finishReasons: Record<string, FinishReason> = {
  stop: 'stop',
  length: 'length',
  model_length: 'length',
  content_filter: 'content_filter',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
}

/** A provider whose chunks never look alike is not worth more templates than this per answer. */
const templatesMost = 4

export class CompletionReader {
  finishReason: FinishReason | undefined
  usage: Usage | undefined
  model: string | undefined
  /** `[DONE]` was read: nothing follows. */
  isDone = false
  readonly calls = new CallReader()
  /** The model has begun: it gave text, a call, or thoughts it keeps to itself. */
  hasBegun = false
  #template: ChunkTemplate | undefined
  #templates = 0

  /**
   * The text of one event's data, often empty. Faults: `upstream_failed` where the provider reports an error,
   * `upstream_truncated` where the data is not JSON.
   */
  read(data: string): string {
    const known = this.#template?.textOf(data)
    if (known !== undefined) return known
    if (data === '[DONE]') {
      this.isDone = true
      return ''
    }
    const chunk = parse(data)
    if (!isRecord(chunk)) return ''
    if (chunk.error) throw new Fault('upstream_failed', 'The model reported a failure in the middle of its answer')
    if (typeof chunk.model === 'string') this.model ??= chunk.model.slice(0, 200)
    this.#readUsage(chunk.usage)
    const choice = choiceOf(chunk)
    this.#readReason(choice?.finish_reason)
    const text = textOf(choice)
    const isCall = this.calls.read(choice?.delta)
    if (text !== '' && !isCall) this.#learn(data)
    this.hasBegun ||= text !== '' || isCall || isThinking(choice?.delta)
    return text
  }

  #learn(data: string): void {
    if (this.finishReason !== undefined || this.#templates >= templatesMost) return
    this.#templates++
    this.#template = templateOf(data, (payload) => textOf(choiceOf(parse(payload))))
  }

  #readUsage(usage: unknown): void {
    if (!isRecord(usage)) return
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage
    if (isCount(inputTokens) && isCount(outputTokens)) this.usage = { inputTokens, outputTokens }
  }

  #readReason(reason: unknown): void {
    if (typeof reason !== 'string' || reason === '') return
    if (reason === 'error')
      throw new Fault('upstream_failed', 'The model reported a failure in the middle of its answer')
    this.finishReason = finishReasons[reason] ?? 'stop'
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    // The syntax error quotes what it read, which may be anything; its name is enough.
    throw new Fault('upstream_truncated', 'The answer broke off', {
      cause: cause instanceof Error ? cause.name : cause,
    })
  }
}

function choiceOf(chunk: unknown): Record<string, unknown> | undefined {
  if (!isRecord(chunk) || !Array.isArray(chunk.choices)) return undefined
  return chunk.choices.filter(isRecord).find((choice) => (choice.index ?? 0) === 0)
}

function textOf(choice: Record<string, unknown> | undefined): string {
  const delta = choice?.delta
  return isRecord(delta) && typeof delta.content === 'string' ? delta.content : ''
}

/** Reasoning text as several compatible providers send it. It is not part of the answer, but a sign of life. */
function isThinking(delta: unknown): boolean {
  return isRecord(delta) && Boolean(delta.reasoning_content ?? delta.reasoning)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
