import type { Citation } from '@aside/protocol'
import { describe, expect, it } from 'vitest'
import { asShown, inOrder, shownAs } from './citations.ts'

const citation = (number: number) => ({ number, title: `Passage ${number}` }) as Citation
const found = [1, 2, 4, 9].map(citation)

describe('the numbers of citations', () => {
  it('are 1, 2, 3 as they come in the text, whatever they were when the passages were found', () => {
    const ordered = inOrder('First [4], then [1, 9], and [4] again.', found)
    expect(ordered.map(({ number }) => number)).toEqual([4, 1, 9, 2])
    expect([4, 1, 9, 2, 3].map((number) => shownAs(number, ordered))).toEqual([1, 2, 3, 4, undefined])
  })

  it('are the same in what is copied', () => {
    const text = 'First [4], then [1, 9], and [7].'
    expect(asShown(text, inOrder(text, found))).toBe('First [1], then [2, 3], and [7].')
  })
})
