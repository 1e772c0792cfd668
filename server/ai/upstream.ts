/** The HTTP side of a provider: a `fetch` for its SDK whose response bodies are read straight from the connection. */
import { Pool, type Dispatcher } from 'undici'
import { Fault } from '@aside/protocol'
import { PacedClient, PacedHandler, ReadPace } from './paced-client.ts'

/** An error's body is read so far and no further. */
const errorBodyMost = 65_536

/** One response on its way in. Bytes that come before `read` is called are kept for it. */
export class UpstreamBody extends PacedHandler implements Dispatcher.DispatchHandler {
  readonly head = Promise.withResolvers<{ status: number; headers: Headers }>()
  #controller: Dispatcher.DispatchController | undefined
  /** What has come and was not given yet. A read of several small chunks is given in one go. */
  #held: Buffer[] = []
  #onBytes: ((bytes: Buffer) => void) | undefined
  #ended = Promise.withResolvers<void>()
  #abortedBy: Error | undefined

  constructor() {
    super()
    // Either may fail with nobody waiting for it.
    this.head.promise.catch(() => undefined)
    this.#ended.promise.catch(() => undefined)
  }

  /** Gives all bytes in order; settles when they have ended, or rejects where the connection broke. */
  read(onBytes: (bytes: Buffer) => void): Promise<void> {
    this.#onBytes = onBytes
    this.#give()
    return this.#ended.promise
  }

  #give(): void {
    const [first] = this.#held
    if (!first || !this.#onBytes) return
    const bytes = this.#held.length === 1 ? first : Buffer.concat(this.#held)
    this.#held = []
    this.#onBytes(bytes)
  }

  async text(most: number): Promise<string> {
    const parts: Buffer[] = []
    let length = 0
    await this.read((bytes) => {
      parts.push(bytes)
      length += bytes.length
      if (length > most) this.abort(new Error('body too large'))
    }).catch(() => undefined)
    return Buffer.concat(parts).toString('utf8', 0, most)
  }

  /** Closes the connection; nothing more is given. */
  abort(reason: Error): void {
    if (this.#abortedBy) return
    this.#abortedBy = reason
    this.#controller?.abort(reason)
    this.#fail(reason)
  }

  /** The answer is complete: the connection may be used again if the rest of the response comes soon, else it is closed. */
  release(graceMs: number): void {
    this.connection?.hurry()
    const timer = setTimeout(() => this.abort(new Error('never ended')), graceMs)
    timer.unref()
    this.#ended.promise.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#abortedBy) controller.abort(this.#abortedBy)
  }

  onResponseStart(_controller: unknown, status: number, raw: Record<string, string | string[] | undefined>): void {
    if (status < 200) return
    const headers = new Headers()
    for (const [name, value] of Object.entries(raw)) if (value !== undefined) headers.set(name, String(value))
    this.head.resolve({ status, headers })
  }

  onResponseData(_controller: unknown, bytes: Buffer): void {
    if (this.#abortedBy) return
    this.#held.push(bytes)
    // When the connection has been read as far as it goes: many models send each token as a chunk of its own.
    if (this.#held.length === 1) queueMicrotask(() => this.#give())
  }

  onResponseEnd(): void {
    this.#give()
    this.connection?.hurry()
    this.connection = undefined
    this.#ended.resolve()
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.#abortedBy) this.#held = []
    this.#give()
    this.connection = undefined
    this.head.reject(error)
    this.#ended.reject(error)
  }
}

export interface Upstream {
  fetch(url: string | URL | Request, init?: RequestInit): Promise<Response>
  /** The body of a response this `fetch` gave. */
  bodyOf(response: Response): UpstreamBody
  readonly pace: ReadPace
  /** Breaks off what still runs. */
  close(): Promise<void>
}

export interface UpstreamOptions {
  /** Up to this many answers at a time, their bytes are read as they come; 64 when absent. */
  readAtOnceMost?: number
  /** PEM certificates to trust instead of the system's. */
  ca?: string
}

export function createUpstream(baseUrl: string, options: UpstreamOptions = {}): Upstream {
  const bodies = new WeakMap<Response, UpstreamBody>()
  const pace = new ReadPace(options.readAtOnceMost ?? 64)
  const pool = new Pool(new URL(baseUrl).origin, {
    factory: (origin, clientOptions) => new PacedClient(origin, clientOptions, { pace, ca: options.ca }),
    allowH2: false,
    // The watchdog keeps the time.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  })

  return {
    pace,
    async fetch(url, init = {}) {
      const target = new URL(url instanceof Request ? url.url : url)
      const body = new UpstreamBody()
      const abort = () => body.abort(new Error('aborted'))
      if (init.signal?.aborted) abort()
      init.signal?.addEventListener('abort', abort, { once: true })
      pool.dispatch(
        {
          path: `${target.pathname}${target.search}`,
          method: init.method ?? 'GET',
          headers: Object.fromEntries(new Headers(init.headers)),
          ...(typeof init.body === 'string' && { body: init.body }),
        },
        body,
      )
      try {
        const head = await body.head.promise
        const text = head.status >= 200 && head.status < 300 ? null : await body.text(errorBodyMost)
        const response = new Response(text || null, head)
        bodies.set(response, body)
        return response
      } finally {
        init.signal?.removeEventListener('abort', abort)
      }
    },
    bodyOf(response) {
      const body = bodies.get(response)
      if (!body) throw new Fault('internal', 'This response was not fetched here')
      return body
    },
    close: () => pool.destroy(),
  }
}
