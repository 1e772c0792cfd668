/** Text as it leaves a model: well-formed, without NUL, and no longer than allowed. */
import { tooLong } from './event-stream.ts'

export class OutputText {
  chars = 0
  readonly #most: number
  readonly #onText: (text: string) => void
  /** The first half of a surrogate pair whose second half the next piece may bring. */
  #half = ''

  constructor(onText: (text: string) => void, most: number) {
    this.#onText = onText
    this.#most = most
  }

  /** Passes the text on; past the limit it passes on what fits and throws `output_too_long`. */
  push(piece: string): void {
    const whole = this.#half + piece
    this.#half = isHighSurrogate(whole.charCodeAt(whole.length - 1)) ? whole.slice(-1) : ''
    this.#give(this.#half === '' ? whole : whole.slice(0, -1))
  }

  end(): void {
    const half = this.#half
    this.#half = ''
    this.#give(half)
  }

  #give(raw: string): void {
    if (raw === '') return
    // NUL is valid JSON and no text column takes it.
    const text = (raw.isWellFormed() ? raw : raw.toWellFormed()).replaceAll('\0', '\uFFFD')
    const room = this.#most - this.chars
    const fitting = text.length <= room ? text : text.slice(0, room).toWellFormed()
    this.chars += fitting.length
    if (fitting !== '') this.#onText(fitting)
    if (text.length > room) throw tooLong()
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
