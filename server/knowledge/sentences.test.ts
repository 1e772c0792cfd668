import { describe, expect, it } from 'vitest'
import { ANSWERING } from './coverage.ts'
import { quote } from './sentences.ts'

const passages = [
  {
    title: 'Tea guide',
    headingPath: ['Green tea'],
    text: 'Green tea comes from many countries. Steep it at eighty degrees. Pour it off after two minutes.\n\n- Never boil it.',
  },
  {
    title: 'Client',
    headingPath: ['Timeouts'],
    text: 'Requests end after ten minutes.\n\nYou can set another time with an option:\n\n```ts\nnew Client({ timeout: 3 })\n```\n\nEverything else stays.',
  },
]

describe('a quote', () => {
  it('is of the sentences that answer, as they stand, with what follows them', () => {
    const { coverage, quotes } = quote(passages, 'How hot do I steep green tea?', 1)
    expect(coverage).toBeGreaterThan(ANSWERING)
    expect(quotes).toHaveLength(1)
    const [{ passage, start, end, text }] = quotes as [(typeof quotes)[0]]
    expect(passage).toBe(0)
    expect(text).toContain('Steep it at eighty degrees. Pour it off after two minutes.')
    expect(passages[0]!.text.slice(start, end)).toBe(text)
  })

  it('takes the code along that a sentence announces', () => {
    const { quotes } = quote(passages, 'set a time option', 1)
    expect(quotes.map((it) => it.text)).toEqual([
      'You can set another time with an option:\n\n```ts\nnew Client({ timeout: 3 })\n```',
    ])
  })

  it('is none where the passages say nothing of it', () => {
    expect(quote(passages, 'zeppelin qwertz', 2)).toEqual({ coverage: 0, quotes: [] })
    expect(quote([], 'green tea')).toEqual({ coverage: 0, quotes: [] })
    expect(quote(passages, 'Who won the football championship?').coverage).toBeLessThan(ANSWERING)
  })
})
