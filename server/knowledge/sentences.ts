/** Picks out of passages the sentences that answer a question best, so that they can be quoted as they stand. */
import { analyze, analyzeQuery } from './analyze.ts'
import { coverage } from './coverage.ts'
import { Ranking } from './ranking.ts'

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
}

/** At most `most` sentences. A sentence that ends in a colon comes with the code, list or table it announces. */
export function quote(passages: Passage[], question: string, most = 3): Quoted {
  const query = analyzeQuery(question)
  const ranking = new Ranking()
  const spans = passages.map((passage) => sentenceSpans(passage.text))
  let best = 0
  passages.forEach((passage, index) => {
    const about = { text: `${passage.title}\n${passage.headingPath.join('\n')}`, weight: 1 }
    const whole = new Set(analyze([about, { text: passage.text, weight: 1 }]).terms)
    best = Math.max(
      best,
      coverage(query, (term) => whole.has(term)),
    )
    ranking.add(
      spans[index]!.map(({ start, end }, position) => ({
        ref: { sourceId: String(index), position },
        vector: analyze([about, { text: passage.text.slice(start, end), weight: 1 }]),
      })),
    )
  })
  const chosen = passages.map(() => new Set<number>())
  for (const { ref } of ranking.search(query, most)) {
    const passage = Number(ref.sourceId)
    const text = (position: number) => {
      const span = spans[passage]![position]
      return span ? passages[passage]!.text.slice(span.start, span.end) : ''
    }
    chosen[passage]!.add(ref.position)
    if (announces(text(ref.position)) && text(ref.position + 1) !== '') chosen[passage]!.add(ref.position + 1)
    if (ref.position > 0 && announces(text(ref.position - 1))) chosen[passage]!.add(ref.position - 1)
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
      spans.push({ start: block.index, end: block.index + block[0].length })
      continue
    }
    for (const { segment, index } of segmenter.segment(block[0])) {
      const trimmed = segment.trim()
      if (trimmed === '') continue
      const start = block.index + index + segment.indexOf(trimmed)
      spans.push({ start, end: start + trimmed.length })
    }
  }
  return spans
}
