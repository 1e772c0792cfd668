/** A reader's connection, bounded: it never holds more than `bufferBytes` for a reader that does not read. */
import type { ServerResponse } from 'node:http'
import { Connection } from 'better-sse'

export interface ConnectionLimits {
  /** Bytes that may wait for a reader before it is cut. */
  bufferBytes: number
  /** How long a reader may take nothing while something waits for it. */
  stallMs: number
}

const url = new URL('http://aside.invalid/v1/events')

/**
 * better-sse's own connection ignores what `write()` answers, so that a paused reader fills the memory
 * (see docs/decisions/0004). Here `blocked` says when to hold back, `onDrain` when to go on, and who overruns or stalls
 * is cut; the reader comes back and resumes from the log.
 */
export class BoundedConnection extends Connection {
  override readonly url = url
  override readonly request: Request
  override readonly response: Response = new Response(null)
  private readonly closing = new AbortController()
  private readonly res: ServerResponse
  private readonly limits: ConnectionLimits
  private readonly headers: Record<string, string>
  private stall: NodeJS.Timeout | undefined
  onDrain: () => void = () => {}

  constructor(res: ServerResponse, limits: ConnectionLimits, headers: Record<string, string>) {
    super()
    this.res = res
    this.limits = limits
    this.headers = headers
    this.request = new Request(url, { signal: this.closing.signal })
    res.socket?.setNoDelay(true)
    res.once('close', this.cut)
    res.on('drain', this.drained)
  }

  /** What is written now would only wait: deltas are better asked for later, merged. */
  get blocked(): boolean {
    return this.res.writableNeedDrain
  }

  get bufferedBytes(): number {
    return this.res.writableLength
  }

  override sendHead(): void {
    // The stream ends with its connection, so it needs no chunks to be put in: they would be a third of what a write costs.
    this.res.shouldKeepAlive = false
    this.res.removeHeader('Transfer-Encoding')
    this.res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      ...this.headers,
    })
    // Alone: put before the first event it would stay in memory in all its pieces for as long as the stream is open.
    this.res.flushHeaders()
  }

  override sendChunk(chunk: string): void {
    if (chunk === '' || this.res.destroyed || this.res.writableEnded) return
    // One event may be larger than the bound, and is sent; nothing is put behind it while it waits.
    if (this.blocked && this.bufferedBytes + chunk.length > this.limits.bufferBytes) return this.cut()
    if (!this.res.write(chunk)) this.stall ??= setTimeout(this.cut, this.limits.stallMs).unref()
  }

  private readonly drained = (): void => {
    clearTimeout(this.stall)
    this.stall = undefined
    this.onDrain()
  }

  /** Ends it at an event's border, politely. */
  end(): void {
    this.res.end()
  }

  readonly cut = (): void => {
    if (!this.res.writableFinished) this.res.destroy()
    if (!this.closing.signal.aborted) this.closing.abort()
  }

  override cleanup(): void {
    clearTimeout(this.stall)
    this.res.off('close', this.cut)
    this.res.off('drain', this.drained)
  }
}
