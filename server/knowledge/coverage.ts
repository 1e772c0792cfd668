/** Whether a passage speaks of what was asked: what decides between an answer and "the sources do not say". */
import type { Query } from './analyze.ts'

/**
 * From here on a passage can be said to answer. Measured on `fixtures/languages`: of the questions that have an answer one in
 * fifty stays below, of those that have none one in thirty comes above.
 */
export const ANSWERING = 0.22

/** The part of the question's terms that is found, each by its weight: 0 is none, 1 is every word as it was asked. */
export function coverage(query: Query, has: (term: number) => boolean, weightOf = (_term: number) => 1): number {
  let asked = 0
  let found = 0
  for (const [term, weight] of query) {
    const worth = weight * weightOf(term)
    asked += worth
    if (has(term)) found += worth
  }
  return asked > 0 ? found / asked : 0
}
