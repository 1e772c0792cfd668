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
      expect.stringContaining('You can set another time with an option:\n\n```ts\nnew Client({ timeout: 3 })\n```'),
    ])
  })

  it('takes in what stands around it only where it is short, and never past the passage', () => {
    const long = `The otter swims in the river. ${'It is a long river, and nobody has ever measured it. '.repeat(8)}`
    const beasts = { title: 'Beasts', headingPath: [], text: `${long}\n\nThe heron stands.` }
    const text = quote([beasts], 'otter')
      .quotes.map((it) => it.text)
      .join()
    expect(text).toMatch(/^The otter swims/)
    expect(text.length).toBeLessThan(420)
    expect(text).not.toContain('heron')
  })

  it('is one where a second would say nothing more, and two where each says a part', () => {
    const about = (heading: string, text: string) => ({ title: 'Care', headingPath: [heading], text })
    const oiling = about('Oil', 'Oil the hinge of the lamp once a year, with the oil that came with it.')
    const again = about('Seasons', 'Some say that a lamp wants care in spring.')
    const bulbs = about('Bulbs', 'A broken bulb is replaced by turning it to the left.')
    const passagesOf = (question: string, ...all: (typeof oiling)[]) =>
      quote(all, question).quotes.map((it) => it.passage)
    expect(passagesOf('oil the hinge of the lamp', oiling, again)).toEqual([0])
    expect(passagesOf('oil the hinge and replace a broken bulb', oiling, again, bulbs)).toEqual([0, 2])
  })

  it('is none where the passages say nothing of it', () => {
    expect(quote(passages, 'zeppelin qwertz', 2)).toEqual({ coverage: 0, quotes: [] })
    expect(quote([], 'green tea')).toEqual({ coverage: 0, quotes: [] })
    expect(quote(passages, 'Who won the football championship?').coverage).toBeLessThan(ANSWERING)
  })
})
