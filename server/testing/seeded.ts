/** Chance that can be had again: a failing test says its seed, `ASIDE_TEST_SEED` repeats it. */
import process from 'node:process'

export interface Seeded {
  readonly seed: number
  /** From 0 up to 1, 1 excluded. */
  random(): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** For the message of an assertion. */
  readonly said: string
}

/** Mulberry32: 32 bits of state are plenty to choose where to cut. */
export function seeded(seed = Number(process.env['ASIDE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32))): Seeded {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    seed,
    random,
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    said: `repeat with ASIDE_TEST_SEED=${seed}`,
  }
}
