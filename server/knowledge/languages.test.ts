import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { analyzeQuery, type Query, wordTerm } from './analyze.ts'
import { CONFIDENT } from './coverage.ts'
import { fold } from './fold.ts'
import { Ranking } from './ranking.ts'
import { vectorOf } from './read-source.ts'
import type { Entry } from './segment.ts'
import { atOnce } from './unhurried.ts'
import type { TermVector } from './vector.ts'

const Language = v.object({
  language: v.string(),
  passages: v.record(v.string(), v.string()),
  questions: v.array(v.tuple([v.string(), v.string()])),
  unanswerable: v.array(v.string()),
})
type Language = v.InferOutput<typeof Language>

const folder = join(import.meta.dirname, 'fixtures/languages')
const languages = readdirSync(folder).map((file) =>
  v.parse(Language, JSON.parse(readFileSync(join(folder, file), 'utf8'))),
)
const named = (name: string) => languages.find((it) => it.language === name)!

interface Method {
  vector(text: string): TermVector
  query(question: string): Query
}

const ours: Method = {
  vector: (text) => vectorOf('', '', { text, headingPath: [] }),
  query: analyzeQuery,
}

/** Words as `Intl.Segmenter` finds them, without n-grams: those have the highest bit set. */
const isWord = (term: number) => term < 0x80000000
const wordsOnly: Method = {
  vector(text) {
    const { terms, counts, length } = ours.vector(text)
    return { terms: terms.filter(isWord), counts: counts.filter((_, i) => isWord(terms[i]!)), length }
  },
  query(question) {
    const { terms, words } = ours.query(question)
    return { terms: new Map([...terms].filter(([term]) => isWord(term))), joined: new Map(), words }
  },
}

/** Words as most searches find them: what stands between blanks and marks. */
const blanks = (text: string) => (fold(text).match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).map(wordTerm)
const wordsBetweenBlanks: Method = {
  vector(text) {
    const words = blanks(text)
    const terms = Uint32Array.from(new Set(words)).sort()
    return { terms, counts: new Uint8Array(terms.length).fill(1), length: words.length }
  },
  query: (question) => ({ terms: new Map(blanks(question).map((term) => [term, 1])), joined: new Map(), words: [] }),
}

function rank(apps: Language[], method: Method) {
  const passages = apps.flatMap((app) => Object.entries(app.passages).map(([id, text]) => ({ app, id, text })))
  const ranking = new Ranking()
  const entries: Entry[] = passages.map(({ text }, i) => ({
    ref: { revision: i, position: 0 },
    vector: method.vector(text),
  }))
  atOnce(ranking.add(entries))
  return (question: string) =>
    ranking.search(method.query(question), 5).map(({ ref, confidence }) => ({ ...passages[ref.revision]!, confidence }))
}

/** The part of a language's questions whose passage comes first. */
function rightFirst(language: Language, method: Method, apps = [language]): number {
  const search = rank(apps, method)
  const right = language.questions.filter(([question, id]) => {
    const [first] = search(question)
    return first?.app === language && first.id === id
  })
  return right.length / language.questions.length
}

describe('retrieval', () => {
  it('is measured in the eleven languages we promise', () => {
    expect(languages.map((it) => it.language).sort()).toEqual(
      'Arabic Chinese English German Greek Hindi Russian Spanish Thai Turkish Vietnamese'.split(' '),
    )
    for (const { questions, passages } of languages) {
      expect(questions.length).toBeGreaterThanOrEqual(10)
      expect(Object.keys(passages).length).toBeGreaterThanOrEqual(20)
    }
  })

  it.for(languages)('puts the right passage first for nine questions in ten in $language', (language) => {
    expect(rightFirst(language, ours)).toBeGreaterThanOrEqual(0.9)
  })

  it.for(languages)('does so too where one app holds all the languages: $language', (language) => {
    expect(rightFirst(language, ours, languages)).toBeGreaterThanOrEqual(0.9)
  })

  it.for(['Chinese', 'Thai'])('would find one in ten in %s by the words between blanks', (name) => {
    expect(rightFirst(named(name), wordsBetweenBlanks)).toBeLessThanOrEqual(0.1)
  })

  it.for(['Russian', 'German'])('owes the inflected words of %s to its n-grams', (name) => {
    expect(rightFirst(named(name), wordsOnly)).toBeLessThanOrEqual(0.6)
  })

  it('is sure of what has an answer and not of what has none', () => {
    const sure = { answered: 0, unanswered: 0 }
    for (const language of languages) {
      const search = rank([language], ours)
      const isSure = (question: string) => search(question).some((it) => it.confidence >= CONFIDENT)
      sure.answered += language.questions.filter(([question]) => isSure(question)).length
      sure.unanswered += language.unanswerable.filter(isSure).length
    }
    const sum = (count: (it: Language) => number) => languages.reduce((total, it) => total + count(it), 0)
    expect(sure.answered / sum((it) => it.questions.length)).toBeGreaterThanOrEqual(0.95)
    expect(sure.unanswered / sum((it) => it.unanswerable.length)).toBeLessThanOrEqual(0.1)
  })
})
