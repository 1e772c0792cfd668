/** An immutable piece of an index: up to 512 passages, inverted into flat arrays (about three bytes per posting). */
import type { Pausable } from './unhurried.ts'
import type { TermVector } from './vector.ts'

/** A passage's name in the index: the number its document was stored under, and its place in it, from 0. */
export interface PassageRef {
  revision: number
  position: number
}

export interface Entry {
  ref: PassageRef
  vector: TermVector
}

export interface Segment {
  refs: PassageRef[]
  lengths: Uint16Array
  /** 1 while the passage is in the index, 0 once it was removed. */
  live: Uint8Array
  liveCount: number
  /** Ascending. The passages of `terms[i]` are `docs[offsets[i]]` to `docs[offsets[i + 1] - 1]`, ascending. */
  terms: Uint32Array
  offsets: Uint32Array
  docs: Uint16Array
  counts: Uint8Array
}

export const SEGMENT_SIZE = 512

// Three passes of a stable radix sort, eleven bits each: the passages of a term stay in order.
const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS

/** At most `SEGMENT_SIZE` entries. Pauses every few milliseconds. */
export function* buildSegment(entries: Entry[]): Pausable<Segment> {
  const size = entries.reduce((sum, { vector }) => sum + vector.terms.length, 0)
  let keys = new Uint32Array(size)
  let loads = new Uint32Array(size) // the passage and the count, packed
  let at = 0
  entries.forEach(({ vector: { terms, counts } }, doc) => {
    keys.set(terms, at)
    for (let i = 0; i < counts.length; i += 1) loads[at + i] = (doc << 8) | counts[i]!
    at += terms.length
  })
  yield
  let otherKeys = new Uint32Array(size)
  let otherLoads = new Uint32Array(size)
  const starts = new Uint32Array(DIGITS)
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    starts.fill(0)
    for (let i = 0; i < size; i += 1) starts[(keys[i]! >>> shift) & (DIGITS - 1)]! += 1
    for (let digit = 0, sum = 0; digit < DIGITS; digit += 1) {
      const here = starts[digit]!
      starts[digit] = sum
      sum += here
    }
    for (let i = 0; i < size; i += 1) {
      const key = keys[i]!
      const digit = (key >>> shift) & (DIGITS - 1)
      const to = starts[digit]!
      starts[digit] = to + 1
      otherKeys[to] = key
      otherLoads[to] = loads[i]!
    }
    ;[keys, otherKeys] = [otherKeys, keys]
    ;[loads, otherLoads] = [otherLoads, loads]
    yield
  }

  let distinct = 0
  for (let i = 0; i < size; i += 1) if (i === 0 || keys[i] !== keys[i - 1]) distinct += 1
  const terms = new Uint32Array(distinct)
  const offsets = new Uint32Array(distinct + 1)
  const docs = new Uint16Array(size)
  const counts = new Uint8Array(size)
  for (let i = 0, term = -1; i < size; i += 1) {
    docs[i] = loads[i]! >>> 8
    counts[i] = loads[i]! & 0xff
    if (i > 0 && keys[i] === keys[i - 1]) continue
    term += 1
    terms[term] = keys[i]!
    offsets[term] = i
  }
  offsets[distinct] = size
  return {
    refs: entries.map((entry) => entry.ref),
    lengths: Uint16Array.from(entries, (entry) => entry.vector.length),
    live: new Uint8Array(entries.length).fill(1),
    liveCount: entries.length,
    terms,
    offsets,
    docs,
    counts,
  }
}

/** Where the passages of `term` begin in `offsets`, or -1. */
export function findTerm(segment: Segment, term: number): number {
  const { terms } = segment
  let low = 0
  let high = terms.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const here = terms[middle]!
    if (here === term) return middle
    if (here < term) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** The entries still live, as they were given: what merging several segments starts from. */
export function liveEntries(segment: Segment): Entry[] {
  const sizes = new Uint32Array(segment.refs.length)
  for (const doc of segment.docs) sizes[doc]! += 1
  const entries = segment.refs.map((ref, doc) => ({
    ref,
    vector: {
      terms: new Uint32Array(sizes[doc]!),
      counts: new Uint8Array(sizes[doc]!),
      length: segment.lengths[doc]!,
    },
  }))
  sizes.fill(0)
  for (let term = 0; term < segment.terms.length; term += 1) {
    for (let i = segment.offsets[term]!; i < segment.offsets[term + 1]!; i += 1) {
      const doc = segment.docs[i]!
      const { vector } = entries[doc]!
      const to = sizes[doc]!
      sizes[doc] = to + 1
      vector.terms[to] = segment.terms[term]!
      vector.counts[to] = segment.counts[i]!
    }
  }
  return entries.filter((_, doc) => segment.live[doc] === 1)
}

/** What the segment holds in memory, near enough to bound a cache by. */
export function segmentBytes(segment: Segment): number {
  const { terms, offsets, docs, counts, lengths, live, refs } = segment
  const arrays = [terms, offsets, docs, counts, lengths, live].reduce((sum, array) => sum + array.byteLength, 0)
  return arrays + refs.length * 48
}
