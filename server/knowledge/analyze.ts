/**
 * Text to terms. A word gives one term for itself and one for each run of four characters in it, counted from a mark before its
 * first letter: the whole word finds what was meant, its n-grams find the same word inflected, compounded or misspelt. Scripts
 * without spaces are cut into words by ICU's dictionaries (`Intl.Segmenter`), and their n-grams run across those cuts, because
 * the dictionaries err. The sizes are the measured ones; see `languages.test.ts`.
 */
import { fold } from './fold.ts'
import { isFunctionWord } from './function-words.ts'
import type { TermVector } from './vector.ts'

/** Raise it whenever the same text would give other terms: stored vectors of another version are computed anew. */
export const ANALYSIS_VERSION = 1

const unspaced = String.raw`[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]&&[\p{L}\p{M}]]`
const runsOrWords = new RegExp(String.raw`(${unspaced}+)|([[\p{L}\p{M}\p{N}]--${unspaced}]+)`, 'gv')
const cjk = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/v
const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/** Longer ones are hashes, keys and data URLs; nobody asks for what comes after. */
const MAX_WORD = 64
const WORD_START = 0x5e // "^", which is no letter
const GRAM_SPACE = 0x80000000

function finish(hash: number, space: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return ((h & 0x7fffffff) | space) >>> 0
}

const step = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193)
const SEED = 0x811c9dc5 | 0

/** A folded word's own term: 31 bits of hash, so that two words of a corpus of 100 000 hardly ever meet. */
export function wordTerm(word: string): number {
  let hash = SEED
  for (let i = 0; i < word.length; i += 1) hash = step(hash, word.charCodeAt(i))
  return finish(hash, 0)
}

function gramTerm(text: string, from: number, to: number): number {
  let hash = SEED
  for (let i = from; i < to; i += 1) hash = step(hash, i < 0 ? WORD_START : text.charCodeAt(i))
  return finish(hash, GRAM_SPACE)
}

/** The n-grams of one word of a spaced script, or of a run of an unspaced one. */
function grams(text: string, isRun: boolean): number[] {
  const size = cjk.test(text) ? 2 : 4
  const found: number[] = []
  for (let at = isRun ? 0 : -1; at + size <= text.length; at += 1) found.push(gramTerm(text, at, at + size))
  return found
}

const cut = (run: string) => [...segmenter.segment(run)].filter((piece) => piece.isWordLike)

// The same few thousand words make up most of any text: remembering their terms halves the time of an ingestion.
let known = new Map<string, number[]>()
const KNOWN_LIMIT = 20_000

function termsOfWord(word: string): number[] {
  let terms = known.get(word)
  if (!terms) {
    terms = [wordTerm(word), ...grams(word, false)]
    if (known.size >= KNOWN_LIMIT) known = new Map()
    known.set(word, terms)
  }
  return terms
}

/** A part of a document; its terms count `weight` times. */
export interface Field {
  text: string
  weight: number
}

/** The terms of a passage with how often they occur, and its length in words. */
export function analyze(fields: Field[]): TermVector {
  const counts = new Map<number, number>()
  let length = 0
  for (const { text, weight } of fields) {
    const count = (term: number) => counts.set(term, (counts.get(term) ?? 0) + weight)
    for (const [, run, word] of fold(text).matchAll(runsOrWords)) {
      if (word !== undefined) {
        length += weight
        termsOfWord(word.length > MAX_WORD ? word.slice(0, MAX_WORD) : word).forEach(count)
      } else if (run !== undefined) {
        for (const piece of cut(run)) {
          length += weight
          count(wordTerm(piece.segment))
        }
        grams(run, true).forEach(count)
      }
    }
  }
  const terms = Uint32Array.from(counts.keys()).sort()
  return {
    terms,
    counts: Uint8Array.from(terms, (term) => Math.min(counts.get(term)!, 255)),
    length: Math.min(length, 65_535),
  }
}

/** A word that a question is about. */
export interface AskedWord {
  term: number
  /** By which another form of it is recognised. */
  grams: number[]
  /** Itself and a neighbour as one word. */
  joined: number[]
  length: number
}

export interface Query {
  /** What to look up, each term once, and how much it counts. */
  terms: Map<number, number>
  /** The same for neighbours as one word: "back up" also finds "backup". Nothing is missing where these are not found. */
  joined: Map<number, number>
  /** Each once. Function words are not among them, unless the question has no others. */
  words: AskedWord[]
}

const FUNCTION_WORD_WEIGHT = 0.2
const MAX_QUERY = 2_000

/** Only the first 2 000 characters of a question count. */
export function analyzeQuery(question: string): Query {
  const terms = new Map<number, number>()
  const joined = new Map<number, number>()
  const words = new Map<string, AskedWord>()
  let before: string | undefined
  const ask = (term: number, weight: number) => terms.set(term, Math.max(weight, terms.get(term) ?? 0))
  const weightOf = (word: string) => (isFunctionWord(word) ? FUNCTION_WORD_WEIGHT : 1)
  for (const [, run, spaced] of fold(question.slice(0, MAX_QUERY)).matchAll(runsOrWords)) {
    if (spaced !== undefined) {
      const word = spaced.slice(0, MAX_WORD)
      const [term, ...own] = termsOfWord(word)
      for (const each of [term!, ...own]) ask(each, weightOf(word))
      if (!words.has(word)) words.set(word, { term: term!, grams: own, joined: [], length: word.length })
      if (before !== undefined && !(isFunctionWord(before) && isFunctionWord(word))) {
        const both = wordTerm((before + word).slice(0, MAX_WORD))
        joined.set(both, 1)
        for (const each of [before, word]) words.get(each)!.joined.push(both)
      }
      before = word
    } else if (run !== undefined) {
      for (const gram of grams(run, true)) ask(gram, 1)
      for (const { segment } of cut(run)) {
        const term = wordTerm(segment)
        ask(term, weightOf(segment))
        words.set(segment, { term, grams: grams(segment, true), joined: [], length: segment.length })
      }
    }
  }
  for (const term of terms.keys()) joined.delete(term)
  const contentWords = [...words].filter(([text]) => !isFunctionWord(text)).map(([, word]) => word)
  return { terms, joined, words: contentWords.length > 0 ? contentWords : [...words.values()] }
}
