/**
 * The ranking of one app's passages: exact BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over
 * the words and n-grams of `analyze.ts`, with the statistics of that app alone.
 */
import type { Query } from './analyze.ts'
import { confidence } from './coverage.ts'
import {
  buildSegment,
  findTerm,
  liveEntries,
  segmentBytes,
  SEGMENT_SIZE,
  type Entry,
  type PassageRef,
  type Segment,
} from './segment.ts'
import type { Pausable } from './unhurried.ts'

const K1 = 1.2
const B = 0.75

export interface Ranked {
  ref: PassageRef
  /** Comparable within one search only. */
  score: number
  /** That the passage speaks of what was asked; see `confidence`. */
  confidence: number
}

const MAX_SMALL_SEGMENTS = 16

/** One app's passages. While it is being changed it must not be searched: whoever changes it sees to that. */
export class Ranking {
  #segments: Segment[] = []
  #liveCount = 0
  #totalLength = 0

  get passages(): number {
    return this.#liveCount
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segmentBytes(segment), 0)
  }

  *add(entries: Entry[]): Pausable<void> {
    for (let from = 0; from < entries.length; from += SEGMENT_SIZE) {
      const batch = entries.slice(from, from + SEGMENT_SIZE)
      this.#segments.push(yield* buildSegment(batch))
      this.#liveCount += batch.length
      for (const { vector } of batch) this.#totalLength += vector.length
      yield
    }
    yield* this.#mergeSmall()
  }

  /** Takes out every passage that `isGone` names. */
  *remove(isGone: (ref: PassageRef) => boolean): Pausable<void> {
    const kept: Segment[] = []
    for (const segment of this.#segments) {
      for (let doc = 0; doc < segment.refs.length; doc += 1) {
        if (segment.live[doc] === 0 || !isGone(segment.refs[doc]!)) continue
        segment.live[doc] = 0
        segment.liveCount -= 1
        this.#liveCount -= 1
        this.#totalLength -= segment.lengths[doc]!
      }
      yield
      if (segment.liveCount * 2 >= segment.refs.length) kept.push(segment)
      else if (segment.liveCount > 0) kept.push(yield* buildSegment(liveEntries(segment)))
    }
    this.#segments = kept
  }

  /** The best `limit`, best first; equals in the order of their sources. Passages that share nothing with the query never come. */
  search(query: Query, limit: number): Ranked[] {
    const asked = new Map([...query.terms, ...query.joined])
    const terms = [...asked.keys()]
    const places = this.#segments.map((segment) => terms.map((term) => findTerm(segment, term)))
    const idf = terms.map((_, t) => this.#idf(this.#documents(places, t)))
    const weights = terms.map((term, t) => asked.get(term)! * idf[t]! * (K1 + 1))
    const averageLength = Math.max(this.#totalLength / Math.max(this.#liveCount, 1), 1)

    const best: { segment: Segment; doc: number; score: number }[] = []
    const scores = new Float32Array(SEGMENT_SIZE)
    const norms = new Float32Array(SEGMENT_SIZE)
    this.#segments.forEach((segment, s) => {
      const size = segment.refs.length
      scores.fill(0, 0, size)
      for (let doc = 0; doc < size; doc += 1) norms[doc] = K1 * (1 - B + (B * segment.lengths[doc]!) / averageLength)
      terms.forEach((_, t) => {
        const place = places[s]![t]!
        if (place < 0) return
        const weight = weights[t]!
        for (let i = segment.offsets[place]!; i < segment.offsets[place + 1]!; i += 1) {
          const doc = segment.docs[i]!
          const count = segment.counts[i]!
          scores[doc]! += (weight * count) / (count + norms[doc]!)
        }
      })
      for (let doc = 0; doc < size; doc += 1) {
        const score = scores[doc]!
        if (score === 0 || segment.live[doc] === 0) continue
        if (best.length === limit && score <= best[limit - 1]!.score) continue
        let at = best.length
        while (at > 0 && best[at - 1]!.score < score) at -= 1
        best.splice(at, 0, { segment, doc, score })
        if (best.length > limit) best.pop()
      }
    })
    const idfOf = new Map(terms.map((term, t) => [term, idf[t]!]))
    return best.map(({ segment, doc, score }) => ({
      ref: segment.refs[doc]!,
      score,
      confidence: confidence(
        query,
        (term) => hasTerm(segment, doc, term),
        (term) => idfOf.get(term) ?? 0,
        this.#liveCount,
      ),
    }))
  }

  /** How many live passages hold the term at `places[…][t]`. */
  #documents(places: number[][], t: number): number {
    let found = 0
    this.#segments.forEach((segment, s) => {
      const place = places[s]![t]!
      if (place < 0) return
      const from = segment.offsets[place]!
      const to = segment.offsets[place + 1]!
      if (segment.liveCount === segment.refs.length) found += to - from
      else for (let i = from; i < to; i += 1) found += segment.live[segment.docs[i]!]!
    })
    return found
  }

  #idf(documents: number): number {
    return Math.log(1 + (this.#liveCount - documents + 0.5) / (documents + 0.5))
  }

  // Many small additions would leave many small segments, each searched by itself: the small ones become one.
  *#mergeSmall(): Pausable<void> {
    const small = this.#segments.filter((segment) => segment.liveCount < SEGMENT_SIZE / 2)
    if (small.length <= MAX_SMALL_SEGMENTS) return
    const merged: Segment[] = []
    let batch: Entry[] = []
    for (const segment of small) {
      if (batch.length + segment.liveCount > SEGMENT_SIZE) {
        merged.push(yield* buildSegment(batch))
        batch = []
      }
      batch.push(...liveEntries(segment))
      yield
    }
    if (batch.length > 0) merged.push(yield* buildSegment(batch))
    this.#segments = [...this.#segments.filter((segment) => !small.includes(segment)), ...merged]
  }
}

function hasTerm(segment: Segment, doc: number, term: number): boolean {
  const place = findTerm(segment, term)
  if (place < 0) return false
  let low = segment.offsets[place]!
  let high = segment.offsets[place + 1]! - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const here = segment.docs[middle]!
    if (here === doc) return true
    if (here < doc) low = middle + 1
    else high = middle - 1
  }
  return false
}
