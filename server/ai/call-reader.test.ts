import { isFault } from '@aside/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallReader } from './call-reader.ts'
import type { AskedCall } from './model.ts'

const call = fc.record({
  id: fc.stringMatching(/^[a-zA-Z0-9]{1,12}$/),
  name: fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,20}$/),
  arguments: fc.dictionary(fc.string(), fc.jsonValue()).map((it) => JSON.stringify(it)),
})
const calls = fc.uniqueArray(call, { maxLength: 5, selector: (it) => it.id })

/** The pieces of one call: name and id first, then its arguments wherever `cuts` says. */
function pieces(it: AskedCall, key: object, cuts: number[]): object[] {
  const places = [...new Set(cuts.map((at) => at % (it.arguments.length + 1)))].sort((a, b) => a - b)
  const texts = [...places, it.arguments.length].map((to, at) => it.arguments.slice(places[at - 1] ?? 0, to))
  const [first = '', ...rest] = texts
  return [
    { ...key, id: it.id, type: 'function', function: { name: it.name, arguments: first } },
    ...rest.map((text) => ({ ...key, function: { arguments: text } })),
  ]
}

/** Several rows woven into one, each in its own order. */
function woven(rows: object[][], picks: number[]): object[] {
  const left = rows.map((row) => [...row]).filter((row) => row.length > 0)
  const all: object[] = []
  for (let at = 0; left.length > 0; at++) {
    const which = (picks[at % Math.max(1, picks.length)] ?? 0) % left.length
    all.push(left[which]!.shift()!)
    if (left[which]!.length === 0) left.splice(which, 1)
  }
  return all
}

const numbers = fc.array(fc.nat(), { minLength: 1, maxLength: 20 })

describe('putting tool calls together', () => {
  it('gives the same calls wherever their arguments are cut, and however several are mixed', () => {
    fc.assert(
      fc.property(calls, numbers, numbers, numbers, (wanted, cuts, picks, sizes) => {
        const reader = new CallReader()
        const all = woven(
          wanted.map((it, index) => pieces(it, { index }, cuts)),
          picks,
        )
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const size = 1 + (sizes[turn % sizes.length]! % 4)
          expect(reader.read({ tool_calls: all.slice(at, at + size) })).toBe(true)
          at += size
        }
        expect(reader.end().toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
          wanted.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('understands providers that number nothing, by the id or else by what came last', () => {
    fc.assert(
      fc.property(calls, numbers, (wanted, cuts) => {
        const reader = new CallReader()
        for (const it of wanted) for (const piece of pieces(it, {}, cuts)) reader.read({ tool_calls: [piece] })
        expect(reader.end()).toEqual(wanted)
      }),
    )
  })

  it('throws nothing but a fault, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (deltas) => {
        const reader = new CallReader()
        try {
          for (const delta of deltas) reader.read(delta)
          for (const it of deltas) reader.read({ tool_calls: [it, { index: it, function: it }] })
          reader.end()
        } catch (error) {
          expect(isFault(error)).toBe(true)
        }
      }),
    )
  })

  it('takes no arguments for none, and no more calls or text than an answer may have', () => {
    const reader = new CallReader()
    reader.read({ tool_calls: [{ index: 0, id: '', function: { name: 'look' } }] })
    expect(reader.end()).toEqual([{ id: 'call_0', name: 'look', arguments: '{}' }])
    const codeOf = (work: () => void) => {
      try {
        work()
      } catch (error) {
        return isFault(error) ? error.code : error
      }
      return undefined
    }
    const many = Array.from({ length: 17 }, (_, index) => ({ index, function: { name: 'look' } }))
    expect(codeOf(() => new CallReader().read({ tool_calls: many }))).toBe('output_too_long')
    const long = { index: 0, function: { name: 'look', arguments: 'x'.repeat(32_001) } }
    expect(codeOf(() => new CallReader().read({ tool_calls: [long] }))).toBe('output_too_long')
  })
})
