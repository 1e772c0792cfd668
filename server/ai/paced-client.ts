/**
 * An HTTP connection that may be read at intervals. Reading costs several times what the bytes in it cost, so once many
 * answers stream at a time each connection is read every few dozen milliseconds, and a read brings several tokens.
 */
import type { Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'
import { createPacer } from '../platform/index.ts'

/** Connections that are read in one turn of the event loop. */
const READS_AT_ONCE = 2

/** Answers that stream now, and how long their connections may wait between reads. */
export class ReadPace {
  running = 0
  /** Up to this many answers, everything is read as it comes. */
  readonly atOnceMost: number
  readonly reads = createPacer<PacedConnection>((connection) => connection.read(), READS_AT_ONCE)

  constructor(atOnceMost: number) {
    this.atOnceMost = atOnceMost
  }

  /** 0, or 40 ms to 100 ms as the load grows. */
  gapMs(): number {
    return this.running <= this.atOnceMost ? 0 : Math.min(100, Math.max(40, this.running / 6))
  }
}

/** A dispatch handler that knows the connection it is served by. */
export abstract class PacedHandler {
  connection: PacedConnection | undefined
}

/** More than this in one read means that more is waiting. */
const largeReadBytes = 16_384

export class PacedConnection {
  readonly #pace: ReadPace
  #isCalm = false
  #read: () => void = () => {}

  constructor(pace: ReadPace) {
    this.#pace = pace
  }

  /** From here on reads may wait. */
  calm(): void {
    this.#isCalm = true
  }

  /** From here on everything is read as it comes, beginning now. */
  hurry(): void {
    this.#isCalm = false
    this.#pace.reads.now(this)
  }

  read(): void {
    this.#read()
  }

  /** The socket's high-water mark must be 1: then it stops reading by itself after each read, until `_read` is called. */
  attach(socket: Socket): void {
    const read = socket._read.bind(socket)
    let bytesBefore = 0
    this.#read = () => {
      if (!socket.destroyed) read(1)
    }
    socket._read = (size) => {
      const readBytes = socket.bytesRead - bytesBefore
      bytesBefore = socket.bytesRead
      const gapMs = this.#isCalm && readBytes < largeReadBytes ? this.#pace.gapMs() : 0
      if (gapMs === 0) return read(size)
      this.#pace.reads.at(this, performance.now() + gapMs)
    }
    socket.once('close', () => this.#pace.reads.forget(this))
  }
}

export interface PacedClientOptions {
  pace: ReadPace
  /** PEM certificates to trust instead of the system's. */
  ca?: string | undefined
}

/** One connection of HTTP/1.1, made anew when it was lost. */
export class PacedClient extends Client {
  readonly #connection: PacedConnection

  constructor(origin: URL, options: Client.Options, { pace, ca }: PacedClientOptions) {
    const connection = new PacedConnection(pace)
    const socketOptions = { highWaterMark: 1, allowH2: false, ...(ca !== undefined && { ca }) }
    const connect = buildConnector(socketOptions)
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (...[error, socket]) => {
          if (error) return callback(error, null)
          connection.attach(socket)
          callback(null, socket)
        }),
    })
    this.#connection = connection
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#connection.hurry()
    if (handler instanceof PacedHandler) handler.connection = this.#connection
    return super.dispatch(options, handler)
  }
}
