/** Ends an answer that does not come: four limits, one timer. */

export interface Timeouts {
  /** From the request to the response's headers. */
  headersMs: number
  /** From the request to the first text (or thought). */
  firstTokenMs: number
  /** Between two reads. */
  idleMs: number
  /** The whole answer, retries and their waits included. */
  totalMs: number
  /** From the finish reason to the end of the stream: usage is worth no longer wait. */
  closingMs: number
}

export const defaultTimeouts: Timeouts = {
  headersMs: 20_000,
  firstTokenMs: 30_000,
  idleMs: 30_000,
  totalMs: 300_000,
  closingMs: 2_000,
}

export type Stage = 'headers' | 'first token' | 'idle' | 'closing'

export class Watchdog {
  readonly #timeouts: Timeouts
  readonly #expire: (missed: Stage | 'total') => void
  readonly #totalBy: number
  readonly #startedAt = performance.now()
  #stage: Stage = 'headers'
  #heardAt = this.#startedAt
  #timer: NodeJS.Timeout | undefined

  /** `expire` is called once, with what did not come in time. `totalBy` is on the clock of `performance.now()`. */
  constructor(timeouts: Timeouts, totalBy: number, expire: (missed: Stage | 'total') => void) {
    this.#timeouts = timeouts
    this.#expire = expire
    this.#totalBy = totalBy
    this.#arm()
  }

  /** Bytes came. Called for every read, so it only notes the time; the timer finds out when it is due. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  reach(stage: Stage): void {
    if (this.#stage === stage) return
    this.#stage = stage
    this.#heardAt = performance.now()
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #stageBy(): number {
    const { headersMs, firstTokenMs, idleMs, closingMs } = this.#timeouts
    if (this.#stage === 'headers') return this.#startedAt + headersMs
    if (this.#stage === 'first token') return this.#startedAt + firstTokenMs
    return this.#heardAt + (this.#stage === 'idle' ? idleMs : closingMs)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const dueMs = Math.min(this.#totalBy, this.#stageBy()) - performance.now()
    this.#timer = setTimeout(() => this.#check(), Math.max(0, Math.ceil(dueMs)))
  }

  #check(): void {
    const now = performance.now()
    if (now >= this.#totalBy) this.#expire('total')
    else if (now >= this.#stageBy()) this.#expire(this.#stage)
    else this.#arm()
  }
}
