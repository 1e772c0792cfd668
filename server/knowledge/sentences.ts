/** Picks out of passages the sentences that answer a question best, so that they can be quoted as they stand. */
import { analyze, analyzeQuery } from './analyze.ts'
import { coverage } from './coverage.ts'
import { Ranking } from './ranking.ts'
import type { Entry } from './segment.ts'
import { atOnce } from './unhurried.ts'

export interface Passage {
  title: string
  headingPath: string[]
  text: string
}

export interface Quote {
  /** Which of the passages given, from 0. */
  passage: number
  /** `text` is the passage's from `start` to before `end`. */
  start: number
  end: number
  text: string
}

export interface Quoted {
  /** How much of the question the best passage speaks of, 0 to 1. Below `ANSWERING` the passages hold no answer. */
  coverage: number
  /** In the order of the passages, and within one in the order of its text. Neighbours are one quote. */
  quotes: Quote[]
}

interface Span {
  start: number
  end: number
  /** The paragraph it stands in. */
  block: number
}

/** Shorter quotes take in the sentences around them: the answer often follows the sentence that speaks the question's words. */
const ENOUGH = 240

/** The best `most` sentences, each with what stands around it in its paragraph, and with the code or table it announces. */
export function quote(passages: Passage[], question: string, most = 3): Quoted {
  const query = analyzeQuery(question)
  const entries: Entry[] = []
  const spans = passages.map((passage) => sentenceSpans(passage.text))
  let best = 0
  passages.forEach((passage, index) => {
    const about = { text: `${passage.title}\n${passage.headingPath.join('\n')}`, weight: 1 }
    const whole = new Set(analyze([about, { text: passage.text, weight: 1 }]).terms)
    best = Math.max(
      best,
      coverage(query, (term) => whole.has(term)),
    )
    spans[index]!.forEach(({ start, end }, position) => {
      const vector = analyze([about, { text: passage.text.slice(start, end), weight: 1 }])
      entries.push({ ref: { revision: index, position }, vector })
    })
  })
  const ranking = new Ranking()
  atOnce(ranking.add(entries))
  const chosen = passages.map(() => new Set<number>())
  for (const { ref } of ranking.search(query, most)) {
    const passage = ref.revision
    const all = spans[passage]!
    const text = (position: number) => {
      const span = all[position]
      return span ? passages[passage]!.text.slice(span.start, span.end) : ''
    }
    let first = ref.position
    let last = ref.position
    const isEnough = () => all[last]!.end - all[first]!.start >= ENOUGH
    while (!isEnough() && all[last + 1]?.block === all[last]!.block) last += 1
    while (!isEnough() && all[first - 1]?.block === all[first]!.block) first -= 1
    if (announces(text(last)) && last + 1 < all.length) last += 1
    if (first > 0 && announces(text(first - 1))) first -= 1
    for (let position = first; position <= last; position += 1) chosen[passage]!.add(position)
  }
  return {
    coverage: best,
    quotes: passages.flatMap((passage, index) =>
      joined(spans[index]!, chosen[index]!).map(({ start, end }) => ({
        passage: index,
        start,
        end,
        text: passage.text.slice(start, end),
      })),
    ),
  }
}

const announces = (text: string) => /[:：]$/.test(text)

function joined(spans: Span[], chosen: Set<number>): Span[] {
  const result: Span[] = []
  spans.forEach((span, position) => {
    if (!chosen.has(position)) return
    const last = result.at(-1)
    if (last && chosen.has(position - 1)) last.end = span.end
    else result.push({ ...span })
  })
  return result
}

const blocks = /^(`{3,})[^\n]*\n[\s\S]*?^\1$|^\|[^\n]*(?:\n\|[^\n]*)*|[^\n]+/gm
const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' })

/** Sentences of prose and of list items; a code block or a table is one by itself. */
function sentenceSpans(text: string): Span[] {
  const spans: Span[] = []
  for (const block of text.matchAll(blocks)) {
    if (/^(?:```|\|)/.test(block[0])) {
      spans.push({ start: block.index, end: block.index + block[0].length, block: block.index })
      continue
    }
    for (const { segment, index } of segmenter.segment(block[0])) {
      const trimmed = segment.trim()
      if (trimmed === '') continue
      const start = block.index + index + segment.indexOf(trimmed)
      spans.push({ start, end: start + trimmed.length, block: block.index })
    }
  }
  return spans
}
