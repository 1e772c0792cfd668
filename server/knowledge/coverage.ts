/** Whether passages speak of what was asked: what decides between an answer and "the sources do not say". */
import type { AskedWord, Query } from './analyze.ts'

/** From this coverage on a few passages, chosen already, can be said to answer. */
export const ANSWERING = 0.22

/**
 * From this confidence on a passage can be said to answer. Measured on `fixtures/languages`: of the questions that have an answer
 * one in thirty stays below, of those that have none one in fifteen comes above.
 */
export const CONFIDENT = 0.7

/** Beside a passage that answers, those from this confidence on may hold the better sentence. */
export const HELPFUL = 0.4

/** The part of the question's terms that is found, 0 to 1, with no knowledge of how rare they are elsewhere. */
export function coverage(query: Query, has: (term: number) => boolean): number {
  let asked = 0
  let found = 0
  for (const [term, weight] of query.terms) {
    asked += weight
    if (has(term)) found += weight
  }
  return asked > 0 ? found / asked : 0
}

/** Sharing fewer of its n-grams than this, a word is another word, not another form. */
const SAME_WORD = 0.2
/** An inflected form shares about two thirds of its n-grams: that is the whole word. */
const INFLECTION = 1.5
const LONG_WORD = 8

const weightOf = ({ length }: AskedWord) => Math.min(length, LONG_WORD)

/** How much of a word there is, 0 to 1, and the terms that tell: of itself, or of another form of it. */
function found({ term, grams, joined }: AskedWord, has: (term: number) => boolean): { part: number; by: number[] } {
  const whole = [term, ...joined].filter(has)
  if (whole.length > 0) return { part: 1, by: whole }
  const by = grams.filter(has)
  const share = by.length / Math.max(grams.length, 1)
  return share < SAME_WORD ? { part: 0, by: [] } : { part: Math.min(1, share * INFLECTION), by }
}

/** The part of the question's words that is found, 0 to 1, also in another form. */
export function wordsFound({ words }: Query, has: (term: number) => boolean): number {
  const sum = (count: (word: AskedWord) => number) => words.reduce((total, it) => total + count(it), 0)
  const asked = sum(weightOf)
  return asked > 0 ? sum((it) => weightOf(it) * found(it, has).part) / asked : 0
}

/**
 * How sure it is that a passage speaks of what was asked and does not merely share some words: the geometric mean of the part
 * of the question that is found and of the evidence it is. The evidence is the information of the words found (their idf)
 * against that of finding one passage in `passages` by chance, so that the measure means the same for twenty passages and for
 * ten thousand: among many, something always shares a few common words. About 0 to 2.
 */
export function confidence(
  query: Query,
  has: (term: number) => boolean,
  idfOf: (term: number) => number,
  passages: number,
): number {
  let evidence = 0
  for (const word of query.words) {
    const { by } = found(word, has)
    if (by.length > 0) evidence += Math.max(...by.map(idfOf))
  }
  return Math.sqrt((wordsFound(query, has) * evidence) / Math.log(1 + passages))
}
