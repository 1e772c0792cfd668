/** One open stream: replays what was missed, then snapshots of what is running, then goes live. */
import { createEventBuffer, type Session } from 'better-sse'
import type { StreamEvent } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { BoundedConnection } from './connection.ts'
import type { EventLog, LoggedEvent } from './event-log.ts'
import type { RunningText } from './running-text.ts'

const buffer = createEventBuffer()

/** An event as it goes over the wire. Only durable ones have an id: the others must not move the reader's cursor. */
export function encode(event: StreamEvent, id?: string): string {
  buffer.clear().event(event.name)
  if (id !== undefined) buffer.id(id)
  return buffer.data(event.payload).dispatch().read()
}

/** Events read at once: more with every page that a reader takes whole, as many as it took where it did not. */
const PAGE = { first: 20, most: 200 }
/** Characters of running texts that are put together into one write. */
const WRITE_CHARS = 65_536

export interface Topic {
  readonly visitorId: string
  readonly readers: Set<Reader>
  readonly texts: Map<string, RunningText>
}

export class Reader {
  readonly sessionId: string
  readonly appId: string
  readonly openedAt: number
  private readonly topic: Topic
  private readonly log: EventLog
  private readonly ended: (messageId: string) => void
  private readonly scope: Scope
  readonly connection: BoundedConnection
  readonly session: Session
  /** The `seq` of the last durable event written. */
  private cursor: number
  /** Where the log stood when the stream was opened. */
  private readonly head: number
  private live = false
  private catching = false
  private again = false
  /** How much of each running text was written, in UTF-16 code units. One that is not here is told by a snapshot. */
  private readonly offsets = new Map<string, number>()
  /** Answers whose beginning was written, and whose text is not shown yet. */
  private readonly begun = new Set<string>()
  private pageSize = PAGE.first

  constructor(parts: {
    topic: Topic
    log: EventLog
    /** An answer's end is being told, whoever ended it. */
    ended: (messageId: string) => void
    scope: Scope
    connection: BoundedConnection
    session: Session
    sessionId: string
    appId: string
    cursor: number
    head: number
    openedAt: number
  }) {
    this.topic = parts.topic
    this.log = parts.log
    this.ended = parts.ended
    this.scope = parts.scope
    this.connection = parts.connection
    this.session = parts.session
    this.sessionId = parts.sessionId
    this.appId = parts.appId
    this.cursor = parts.cursor
    this.head = parts.head
    this.openedAt = parts.openedAt
    this.connection.onDrain = () => {
      if (this.live) this.flush()
      else void this.catchUp()
    }
  }

  write(event: StreamEvent, id?: string): void {
    this.connection.sendChunk(encode(event, id))
  }

  /**
   * Writes the log until nothing of it is missing, then goes live in the same turn of the event loop, so that nothing can
   * fall between. While the reader does not read, it waits for `drain`.
   */
  async catchUp(): Promise<void> {
    this.live = false
    this.again = true
    if (this.catching) return
    this.catching = true
    try {
      while (this.again && this.session.isConnected) {
        this.again = false
        for (;;) {
          if (this.connection.blocked) return
          const asked = this.pageSize
          const page = await this.log.after(this.scope, this.topic.visitorId, this.cursor, asked)
          if (page.length > 0 && page[0]!.seq !== this.cursor + 1) this.reset('expired', page[0]!.seq - 1)
          if (page.length === 0 && this.cursor < this.head) this.reset('expired', this.head)
          if (!this.writePage(page)) return
          if (page.length < asked) break
        }
      }
      if (!this.session.isConnected) return
      this.live = true
      this.flush()
    } catch (error) {
      this.scope.log.warn('stream-cut', { reason: error instanceof Error ? error.message : String(error) })
      this.connection.cut()
    } finally {
      this.catching = false
    }
  }

  /** False where the reader could not take all of it: the rest is read again once it can, and is kept by nobody meanwhile. */
  private writePage(page: LoggedEvent[]): boolean {
    for (const [i, { seq, event }] of page.entries()) {
      if (this.connection.blocked) {
        this.pageSize = Math.max(1, i)
        return false
      }
      if (event.name === 'message-end') this.ended(event.payload.message.id)
      this.writeLogged({ seq, event }, encode(event, this.log.cursorAt(seq)))
    }
    this.pageSize = Math.min(PAGE.most, this.pageSize * 2)
    return true
  }

  /** The cursor is not in the log: the client fetches the state again, and goes on from here. */
  reset(reason: 'expired' | 'unknown' | 'epoch', seq: number): void {
    this.cursor = seq
    this.offsets.clear()
    this.write({ name: 'stream-reset', payload: { reason, cursor: this.log.cursorAt(seq) } })
  }

  private writeLogged({ seq, event }: LoggedEvent, chunk: string): void {
    this.cursor = seq
    if (event.name === 'message-start') this.begun.add(event.payload.message.id)
    if (event.name === 'message-end') this.begun.delete(event.payload.message.id)
    this.connection.sendChunk(chunk)
  }

  /** New rows of the log. Whoever is not up to date reads them from there instead. */
  deliver(events: LoggedEvent[], chunks: string[]): void {
    for (const [i, logged] of events.entries()) {
      if (!this.live || this.connection.blocked || logged.seq !== this.cursor + 1) return void this.catchUp()
      this.writeLogged(logged, chunks[i]!)
    }
  }

  /** The log was found to reach to `seq`: whoever is not that far, and is not reading it anyway, reads it. */
  reachTo(seq: number): void {
    if (this.live && this.cursor < seq) void this.catchUp()
  }

  /** Something that is gone with the moment; who cannot take it now does without. */
  tell(chunk: string): void {
    if (this.live && !this.connection.blocked) this.connection.sendChunk(chunk)
  }

  /** Writes what has been added to the running texts since the last time, merged. */
  flush(): void {
    if (!this.live || this.connection.blocked) return
    let out = ''
    for (const { messageId, attempt, text } of this.topic.texts.values()) {
      const offset = this.offsets.get(messageId)
      if (offset === undefined) out += encode({ name: 'message-snapshot', payload: { messageId, attempt, text } })
      else if (offset < text.length)
        out += encode({ name: 'message-delta', payload: { messageId, offset, text: text.slice(offset) } })
      this.offsets.set(messageId, text.length)
      if (out.length < WRITE_CHARS) continue
      this.connection.sendChunk(out)
      if (this.connection.blocked) return
      out = ''
    }
    this.connection.sendChunk(out)
  }

  /**
   * The text of an answer is shown, or shown anew: who is live and has been told that it begins needs no snapshot of it. Who came
   * in between starts after that event, and knows of no answer yet.
   */
  begin(messageId: string): void {
    if (this.begun.delete(messageId) && this.live) this.offsets.set(messageId, 0)
    else this.offsets.delete(messageId)
  }

  forget(messageId: string): void {
    this.offsets.delete(messageId)
  }
}
