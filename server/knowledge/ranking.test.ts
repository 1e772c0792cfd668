import { describe, expect, it } from 'vitest'
import { analyze, analyzeQuery } from './analyze.ts'
import { Ranking } from './ranking.ts'
import { type Entry, SEGMENT_SIZE } from './segment.ts'
import { atOnce } from './unhurried.ts'

const colours = ['red', 'green', 'blue', 'white', 'black', 'amber', 'violet']
const things = ['house', 'tree', 'lamp', 'river', 'stone', 'garden', 'window', 'bridge', 'cloud', 'letter', 'engine']

/** Always the same text for the same number. */
function textOf(n: number): string {
  const words = [colours[n % 7]!, things[(n * 5) % 11]!, things[(n * 3 + 1) % 11]!]
  return `${words.join(' ')} ${'filler '.repeat(n % 13)}number${n}`
}
const entryOf = (n: number): Entry => ({
  ref: { revision: n, position: 0 },
  vector: analyze([{ text: textOf(n), weight: 1 }]),
})
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => entryOf(from + i))

const queries = ['red house', 'a green tree by the river', 'number77', 'bridges and windows', 'filler']
const answers = (ranking: Ranking) => queries.map((query) => ranking.search(analyzeQuery(query), 10))
const best = (ranking: Ranking, query: string) => ranking.search(analyzeQuery(query), 10).map((it) => it.ref.revision)

describe('a ranking', () => {
  it('scores by BM25, to the last digit that is kept', () => {
    const entries = range(0, 300)
    const ranking = new Ranking()
    atOnce(ranking.add(entries))
    const average = entries.reduce((sum, { vector }) => sum + vector.length, 0) / entries.length
    for (const query of queries) {
      const { terms } = analyzeQuery(query)
      const asked = { terms, joined: new Map<number, number>(), words: [] }
      const scores = entries.map(({ vector }) => {
        let score = 0
        for (const [term, weight] of terms) {
          const at = vector.terms.indexOf(term)
          if (at < 0) continue
          const documents = entries.filter((it) => it.vector.terms.includes(term)).length
          const idf = Math.log(1 + (entries.length - documents + 0.5) / (documents + 0.5))
          const count = vector.counts[at]!
          score += (weight * idf * count * 2.2) / (count + 1.2 * (1 - 0.75 + (0.75 * vector.length) / average))
        }
        return score
      })
      for (const { ref, score } of ranking.search(asked, 10)) expect(score).toBeCloseTo(scores[ref.revision]!, 3)
      expect(ranking.search(asked, 1)[0]!.score).toBeCloseTo(Math.max(...scores), 3)
    }
  })

  it('is the same whether passages came at once or one by one', () => {
    const [whole, grown] = [new Ranking(), new Ranking()]
    atOnce(whole.add(range(0, 700)))
    for (let n = 0; n < 700; n += 7) atOnce(grown.add(range(n, n + 7)))
    expect(grown.passages).toBe(700)
    expect(answers(grown)).toEqual(answers(whole))
  })

  it('is the same after removals as if the removed had never been there', () => {
    const [whole, shrunk] = [new Ranking(), new Ranking()]
    atOnce(whole.add(range(200, 900)))
    atOnce(shrunk.add(range(0, 1_200)))
    atOnce(shrunk.remove(({ revision }) => revision < 200 || revision >= 900))
    expect(shrunk.passages).toBe(700)
    expect(answers(shrunk)).toEqual(answers(whole))
    atOnce(shrunk.remove(() => true))
    expect(answers(shrunk).flat()).toEqual([])
    expect(shrunk.bytes).toBe(0)
  })

  it('keeps all passages of a term where there are more than a segment holds', () => {
    const ranking = new Ranking()
    atOnce(ranking.add(range(0, SEGMENT_SIZE * 2 + 10)))
    expect(best(ranking, `number${SEGMENT_SIZE * 2 + 5}`)[0]).toBe(SEGMENT_SIZE * 2 + 5)
    expect(best(ranking, 'number3')[0]).toBe(3)
  })

  it('finds nothing for nothing, and never more than it was asked for', () => {
    const ranking = new Ranking()
    expect(best(ranking, 'red')).toEqual([])
    atOnce(ranking.add(range(0, 50)))
    expect(best(ranking, '')).toEqual([])
    expect(best(ranking, 'qqqq')).toEqual([])
    expect(ranking.search(analyzeQuery('red house'), 3)).toHaveLength(3)
  })
})
