import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createPacer } from './pacer.ts'

describe('a pacer', () => {
  it('does what is due after this turn of the event loop, and never more than its bound in one', async () => {
    const done: number[] = []
    const pacer = createPacer<number>((key) => done.push(key), 3)
    for (let i = 0; i < 8; i++) pacer.at(i, 0)
    expect(done).toEqual([])
    const turns: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      await nextTurn()
      turns.push(done.length)
    }
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(turns.every((count, i) => count - (turns[i - 1] ?? 0) <= 3)).toBe(true)
  })

  it('does nothing before its time, and what is due at once is not held up by what is not', async () => {
    const done: [string, number][] = []
    const started = performance.now()
    const pacer = createPacer<string>((key) => done.push([key, performance.now() - started]), 10)
    pacer.at('later', started + 40)
    pacer.at('soon', started)
    await nextTurn()
    await nextTurn()
    expect(done.map(([key]) => key)).toEqual(['soon'])
    await expect.poll(() => done.length).toBe(2)
    expect(done[1]![1]).toBeGreaterThan(38)
  })

  it('keeps the first time it was given, does it early when told to, and never what was forgotten', async () => {
    const done: string[] = []
    const pacer = createPacer<string>((key) => done.push(key), 10)
    const soon = performance.now() + 20
    pacer.at('once', soon)
    pacer.at('once', soon + 60_000)
    pacer.at('early', soon + 60_000)
    pacer.at('never', soon)
    pacer.now('early')
    pacer.now('early')
    pacer.now('unknown')
    pacer.forget('never')
    expect(done).toEqual(['early'])
    await sleep(60)
    expect(done).toEqual(['early', 'once'])
  })

  it('does again what asks for it while it is done', async () => {
    let count = 0
    const pacer = createPacer<string>((key) => {
      if (++count < 5) pacer.at(key, 0)
    }, 2)
    pacer.at('again', 0)
    await expect.poll(() => count).toBe(5)
  })
})
