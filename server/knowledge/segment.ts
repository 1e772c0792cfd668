/** An immutable piece of an index: up to 1024 passages, inverted into flat arrays (about three bytes per posting). */
import type { TermVector } from './vector.ts'

/** A passage's name in the index. */
export interface PassageRef {
  sourceId: string
  /** Its place in the source, from 0. */
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

export const SEGMENT_SIZE = 1024

/** At most `SEGMENT_SIZE` entries. Four passes of a stable radix sort: the passages of a term stay in order. */
export function buildSegment(entries: Entry[]): Segment {
  let size = 0
  for (const { vector } of entries) size += vector.terms.length
  let keys = new Uint32Array(size)
  let docs = new Uint16Array(size)
  let counts = new Uint8Array(size)
  let at = 0
  entries.forEach(({ vector }, doc) => {
    keys.set(vector.terms, at)
    counts.set(vector.counts, at)
    docs.fill(doc, at, at + vector.terms.length)
    at += vector.terms.length
  })

  let otherKeys = new Uint32Array(size)
  let otherDocs = new Uint16Array(size)
  let otherCounts = new Uint8Array(size)
  const starts = new Uint32Array(256)
  for (let shift = 0; shift < 32; shift += 8) {
    starts.fill(0)
    for (let i = 0; i < size; i += 1) starts[(keys[i]! >>> shift) & 0xff]! += 1
    for (let digit = 0, sum = 0; digit < 256; digit += 1) {
      const here = starts[digit]!
      starts[digit] = sum
      sum += here
    }
    for (let i = 0; i < size; i += 1) {
      const digit = (keys[i]! >>> shift) & 0xff
      const to = starts[digit]!
      starts[digit] = to + 1
      otherKeys[to] = keys[i]!
      otherDocs[to] = docs[i]!
      otherCounts[to] = counts[i]!
    }
    ;[keys, otherKeys] = [otherKeys, keys]
    ;[docs, otherDocs] = [otherDocs, docs]
    ;[counts, otherCounts] = [otherCounts, counts]
  }

  let distinct = 0
  for (let i = 0; i < size; i += 1) if (i === 0 || keys[i] !== keys[i - 1]) distinct += 1
  const terms = new Uint32Array(distinct)
  const offsets = new Uint32Array(distinct + 1)
  for (let i = 0, term = -1; i < size; i += 1) {
    if (i === 0 || keys[i] !== keys[i - 1]) {
      term += 1
      terms[term] = keys[i]!
      offsets[term] = i
    }
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
