/** Bytes of a `text/event-stream` in, the data of each event out, however the bytes are cut. */
import { Fault } from '@aside/protocol'

const lf = 10
const cr = 13

/**
 * Follows "Parsing an event stream" of the HTML standard for `data`; event names, ids and retry times are passed over.
 * Bytes are decoded by whole lines, so a character cut in two by the network stays whole.
 */
export class EventStream {
  readonly #onData: (data: string) => void
  readonly #lineMost: number
  #held: Buffer[] = []
  #heldBytes = 0
  #data: string | undefined
  #afterCr = false
  #isFirst = true

  /** An event of more than `lineMost` bytes is a fault, `output_too_long`. */
  constructor(onData: (data: string) => void, lineMost: number) {
    this.#onData = onData
    this.#lineMost = lineMost
  }

  push(bytes: Buffer): void {
    const breakAt = bytes[bytes.length - 1] === lf ? bytes.length - 1 : lastBreak(bytes)
    if (breakAt < 0) return this.#hold(bytes)
    let block: string
    if (this.#heldBytes === 0) block = bytes.toString('utf8', 0, breakAt + 1)
    else {
      block = Buffer.concat([...this.#held, bytes.subarray(0, breakAt + 1)]).toString('utf8')
      this.#held = []
      this.#heldBytes = 0
    }
    if (breakAt + 1 < bytes.length) this.#hold(bytes.subarray(breakAt + 1))
    this.#readLines(this.#normalize(block))
  }

  /** The bytes have ended: a complete line still counts, half a line does not. */
  end(): void {
    this.#dispatch()
  }

  #hold(bytes: Buffer): void {
    // A copy, because the bytes are a window on a read buffer much larger than they are.
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#lineMost) throw tooLong()
  }

  /** Lines may end in LF, CR LF or CR; from here on it is LF. */
  #normalize(block: string): string {
    let text = block
    if (this.#isFirst) {
      this.#isFirst = false
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
    }
    if (this.#afterCr && text.charCodeAt(0) === lf) text = text.slice(1)
    this.#afterCr = block.charCodeAt(block.length - 1) === cr
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  }

  #readLines(block: string): void {
    let at = 0
    while (at < block.length) {
      const end = block.indexOf('\n', at)
      if (end === at) this.#dispatch()
      else if (block.startsWith('data:', at)) {
        const value = block.slice(block.charCodeAt(at + 5) === 32 ? at + 6 : at + 5, end)
        this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
        if (this.#data.length > this.#lineMost) throw tooLong()
      }
      at = end + 1
    }
  }

  #dispatch(): void {
    const data = this.#data
    this.#data = undefined
    if (data) this.#onData(data)
  }
}

function lastBreak(bytes: Buffer): number {
  return Math.max(bytes.lastIndexOf(lf), bytes.lastIndexOf(cr))
}

export function tooLong(): Fault {
  return new Fault('output_too_long', 'The answer was longer than it may be')
}
