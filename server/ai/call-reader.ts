/** The tool calls of a streamed answer, put together from the pieces they come in. */
import { Fault } from '@aside/protocol'
import { tooLong } from './event-stream.ts'
import type { AskedCall } from './model.ts'
import { isRecord } from './records.ts'

/** Of one answer. */
const MAX_CALLS = 16
/** Of all its calls together. */
const MAX_CHARS = 32_000

/**
 * Pieces name their call by `index`, and where a provider leaves that out, by an id of its own; one with neither goes on with the
 * last. The id and the name come whole, the arguments in as many pieces as the provider likes.
 */
export class CallReader {
  readonly #calls = new Map<unknown, AskedCall>()
  #last: AskedCall | undefined
  #chars = 0

  /** `delta` as a chunk holds it. True where there was a piece of a call in it. */
  read(delta: unknown): boolean {
    if (!isRecord(delta) || !Array.isArray(delta['tool_calls'])) return false
    const pieces = delta['tool_calls'].filter(isRecord)
    for (const piece of pieces) this.#take(piece)
    return pieces.length > 0
  }

  #take({ index, id, function: called }: Record<string, unknown>): void {
    const key = typeof index === 'number' ? index : id
    const call =
      (key === undefined || key === null || key === '' ? this.#last : this.#calls.get(key)) ?? this.#begin(key)
    this.#last = call
    if (typeof id === 'string' && id !== '') call.id = id
    if (!isRecord(called)) return
    if (typeof called['name'] === 'string' && called['name'] !== '') call.name = called['name']
    if (typeof called['arguments'] === 'string') {
      call.arguments += called['arguments']
      this.#chars += called['arguments'].length
    }
    if (this.#chars > MAX_CHARS || call.name.length > 200 || call.id.length > 200) throw tooLong()
  }

  #begin(key: unknown): AskedCall {
    if (this.#calls.size >= MAX_CALLS) throw tooLong()
    const call = { id: '', name: '', arguments: '' }
    this.#calls.set(key ?? call, call)
    return call
  }

  /**
   * The calls in the order they were begun, once the answer has ended. Throws `upstream_bad_response` for one without a name, or
   * with arguments that are no JSON object.
   */
  end(): AskedCall[] {
    return [...this.#calls.values()].map((call, at) => {
      const given = call.arguments.trim() === '' ? '{}' : call.arguments
      if (call.name === '' || !isRecord(parsed(given)))
        throw new Fault('upstream_bad_response', 'The model sent no proper answer', { cause: 'tool call' })
      return { id: call.id || `call_${at}`, name: call.name.toWellFormed(), arguments: given }
    })
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
