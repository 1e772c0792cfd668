/** One answer of the scripted model: what a scenario may do with the connection. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import * as v from 'valibot'
import {
  completion,
  doneEvent,
  event,
  finishChunk,
  httpChunk,
  roleChunk,
  textChunk,
  usageChunk,
} from './completion-chunks.ts'
import type { TokenWheel } from './token-wheel.ts'

const Part = v.variant('type', [
  v.object({ type: v.literal('text'), text: v.string() }),
  v.object({ type: v.literal('image_url'), image_url: v.object({ url: v.string() }) }),
])

export const CompletionRequest = v.looseObject({
  model: v.string(),
  messages: v.array(v.looseObject({ role: v.string(), content: v.nullable(v.union([v.string(), v.array(Part)])) })),
  tools: v.optional(v.array(v.looseObject({ function: v.looseObject({ name: v.string() }) }))),
  stream: v.optional(v.boolean(), false),
  stream_options: v.optional(v.looseObject({ include_usage: v.optional(v.boolean(), false) })),
})
export type CompletionRequest = v.InferOutput<typeof CompletionRequest>

/** Holds an answer back: before its headers when `after` is 0, else after that many pieces of text. */
export interface Gate {
  /** Settles when a request stands at the gate. */
  reached: Promise<void>
  release(): void
}

export interface HeldGate extends Gate {
  after: number
  arrive(): Promise<void>
}

export function createGate(after: number): HeldGate {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  return {
    after,
    reached: reached.promise,
    release: released.resolve,
    arrive() {
      reached.resolve()
      return released.promise
    },
  }
}

/** Thrown inside a scenario when the client has gone: nothing is left to answer. */
export class Gone extends Error {}

export class Reply {
  readonly request: CompletionRequest
  /** How many requests this model has had, this one included. */
  readonly callNumber: number
  readonly wheel: TokenWheel
  readonly response: ServerResponse
  pieces = 0
  #collected = ''
  #reason = 'stop'
  #gone: AbortSignal
  #gate: HeldGate | undefined

  constructor(init: {
    request: CompletionRequest
    callNumber: number
    wheel: TokenWheel
    response: ServerResponse
    gone: AbortSignal
    gate: HeldGate | undefined
  }) {
    this.request = init.request
    this.callNumber = init.callNumber
    this.wheel = init.wheel
    this.response = init.response
    this.#gone = init.gone
    this.#gate = init.gate
  }

  get model(): string {
    return this.request.model
  }

  get isGated(): boolean {
    return this.#gate !== undefined
  }

  /** Every system message, joined. */
  get systemText(): string {
    const texts = this.request.messages.filter((message) => message.role === 'system').map((message) => message.content)
    return texts
      .map((text) =>
        typeof text === 'string' ? text : (text ?? []).map((part) => (part.type === 'text' ? part.text : '')).join(''),
      )
      .join('\n\n')
  }

  /** Sends the headers of a stream and the chunk that names the role. */
  async begin(): Promise<void> {
    await this.#standAtGate()
    if (!this.request.stream || this.response.headersSent) return
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
    this.response.flushHeaders()
    this.write(event(roleChunk(this.model)))
  }

  /** One piece of text, in one write of its own. */
  async text(content: string): Promise<void> {
    if (this.pieces === 0) await this.begin()
    await this.#standAtGate()
    this.pieces++
    if (!this.request.stream) this.#collected += content
    else {
      this.write(event(textChunk(this.model, content)))
      // Leaves the event loop once, so that pieces are separate packets as they are from a real model.
      await setImmediate()
    }
  }

  async words(text: string, periodMs = 0): Promise<void> {
    for (const word of text.match(/\s*\S+\s*$|\s*\S+/g) ?? []) {
      await this.text(word)
      if (periodMs > 0) await this.wait(periodMs)
    }
  }

  /** Gives the reason, the usage when asked for, `[DONE]`, and ends. */
  async finish(reason = 'stop'): Promise<void> {
    this.#reason = reason
    if (this.request.stream) {
      await this.begin()
      this.write(this.closingEvents(reason))
    } else {
      await this.#standAtGate()
      this.json(200, completion(this.model, this.#collected, this.#reason, this.#usage()))
    }
    this.response.end()
  }

  closingEvents(reason: string): string {
    const usage = this.request.stream_options?.include_usage ? event(usageChunk(this.model, this.#usage())) : ''
    return event(finishChunk(this.model, reason)) + usage + doneEvent
  }

  /** Bytes as they are, inside the chunked body. */
  write(bytes: string | Buffer): void {
    if (this.#gone.aborted) throw new Gone()
    this.response.write(bytes)
  }

  /** An HTTP chunk built beforehand goes to the socket directly: no framing, no copy. */
  writeFrame(frame: Buffer): boolean {
    if (this.#gone.aborted || !this.response.socket) return false
    this.response.socket.write(frame)
    return true
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers })
    this.response.end(JSON.stringify(body))
  }

  async wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#gone }).catch(() => {
      throw new Gone()
    })
  }

  /** Until the client goes. */
  async stall(): Promise<never> {
    await new Promise<void>((resolve) => {
      if (this.#gone.aborted) resolve()
      else this.#gone.addEventListener('abort', () => resolve(), { once: true })
    })
    throw new Gone()
  }

  /** A TCP reset. */
  async reset(): Promise<void> {
    await this.wait(20)
    this.response.socket?.resetAndDestroy()
  }

  /** The stream ends as if all were well, without a reason and without `[DONE]`. */
  eof(): void {
    this.response.end()
  }

  /** Closing frame for `writeFrame` streams. */
  closingFrame(): Buffer {
    return httpChunk(this.closingEvents('stop'))
  }

  #usage() {
    const promptChars = JSON.stringify(this.request.messages).length
    return { prompt_tokens: Math.ceil(promptChars / 4), completion_tokens: this.pieces }
  }

  async #standAtGate(): Promise<void> {
    const gate = this.#gate
    if (!gate || this.pieces < gate.after) return
    this.#gate = undefined
    await Promise.race([gate.arrive(), this.stall().catch(() => undefined)])
    if (this.#gone.aborted) throw new Gone()
  }
}
