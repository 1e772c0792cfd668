/** Whether passages speak of what was asked: what decides between an answer and "the sources do not say". */
import type { Query } from './analyze.ts'

/** From this coverage on a few passages, chosen already, can be said to answer. */
export const ANSWERING = 0.22

/**
 * From this confidence on a passage can be said to answer. Measured on `fixtures/languages`: of the questions that have an answer
 * one in thirty stays below, of those that have none one in fifteen comes above.
 */
export const CONFIDENT = 0.7

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
  let asked = 0
  let found = 0
  let evidence = 0
  for (const { term, grams, length } of query.words) {
    const weight = Math.min(length, LONG_WORD)
    asked += weight
    const shared = has(term) ? [term] : grams.filter(has)
    const share = has(term) ? 1 : shared.length / Math.max(grams.length, 1)
    if (share < SAME_WORD) continue
    found += weight * Math.min(1, share * INFLECTION)
    evidence += Math.max(...shared.map(idfOf))
  }
  return asked > 0 ? Math.sqrt((found / asked) * (evidence / Math.log(1 + passages))) : 0
}
