/** Picks out of passages the sentences that answer a question best, so that they can be quoted as they stand. */
import { analyze, analyzeQuery, type Field, type Query } from './analyze.ts'
import { coverage, wordsFound } from './coverage.ts'
import { type Ranked, Ranking } from './ranking.ts'
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

/** Shorter quotes take in what stands around them: the answer often follows the sentence that speaks the question's words. */
const ENOUGH = 350
/** With what stands around it a quote is not longer than this. */
const MOST = 700
/** Of two sentences that fit alike, that of the earlier passage fits better: each place further back costs a twentieth. */
const PLACE = 0.95
/** A further quote says so much more of what was asked, as a part of its words, or fits nearly as well as the best. */
const MORE = 0.15
const NEARLY = 0.7

const aboutOf = ({ title, headingPath }: Passage): Field => ({ text: `${title}\n${headingPath.join('\n')}`, weight: 1 })
const termsOf = (passage: Passage, text: string) => analyze([aboutOf(passage), { text, weight: 1 }])

/** The best sentences, at most `most`, each with what stands around it, and with the code or table it announces. */
export function quote(passages: Passage[], question: string, most = 3): Quoted {
  const query = analyzeQuery(question)
  const spans = passages.map((passage) => sentenceSpans(passage.text))
  const covered = passages.map((passage) => {
    const whole = new Set(termsOf(passage, passage.text).terms)
    return coverage(query, (term) => whole.has(term))
  })
  const chosen = passages.map(() => new Set<number>())
  const said = new Set<number>()
  let best: number | undefined
  let quoted = 0
  for (const { ref, score } of fitting(passages, spans, query)) {
    if (quoted === most) break
    const [passage, all] = [passages[ref.revision]!, spans[ref.revision]!]
    if (chosen[ref.revision]!.has(ref.position)) continue
    const [first, last] = around(passage.text, all, ref.position)
    const { terms } = termsOf(passage, passage.text.slice(all[first]!.start, all[last]!.end))
    const before = wordsFound(query, (term) => said.has(term))
    const after = new Set([...said, ...terms])
    const isMore = wordsFound(query, (term) => after.has(term)) - before >= MORE
    if (best !== undefined && !isMore && score < NEARLY * best) continue
    best ??= score
    quoted += 1
    for (const term of terms) said.add(term)
    for (let position = first; position <= last; position += 1) chosen[ref.revision]!.add(position)
  }
  return {
    coverage: Math.max(0, ...covered),
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

/** All sentences that share something with the question, those that fit it best first. */
function fitting(passages: Passage[], spans: Span[][], query: Query): Pick<Ranked, 'ref' | 'score'>[] {
  const entries = passages.flatMap((passage, revision) =>
    spans[revision]!.map(({ start, end }, position): Entry => ({
      ref: { revision, position },
      vector: termsOf(passage, passage.text.slice(start, end)),
    })),
  )
  const ranking = new Ranking()
  atOnce(ranking.add(entries))
  return ranking
    .search(query, entries.length)
    .map(({ ref, score }) => ({ ref, score: score * PLACE ** ref.revision }))
    .sort((a, b) => b.score - a.score)
}

/** The first and the last sentence of a quote with the one at `at`: of its paragraph first, then of what stands next to that. */
function around(text: string, all: Span[], at: number): [first: number, last: number] {
  let first = at
  let last = at
  const isEnough = () => all[last]!.end - all[first]!.start >= ENOUGH
  while (!isEnough() && all[last + 1]?.block === all[last]!.block) last += 1
  while (!isEnough() && all[first - 1]?.block === all[first]!.block) first -= 1
  while (!isEnough() && (all[last + 1]?.end ?? Infinity) - all[first]!.start <= MOST) last += 1
  while (!isEnough() && all[last]!.end - (all[first - 1]?.start ?? -Infinity) <= MOST) first -= 1
  const announces = (span: Span | undefined) => span && /[:：]$/.test(text.slice(span.start, span.end))
  if (announces(all[last]) && last + 1 < all.length) last += 1
  if (announces(all[first - 1])) first -= 1
  return [first, last]
}

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
