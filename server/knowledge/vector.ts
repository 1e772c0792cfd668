/** A passage as the index sees it, and its form on disk. */

export interface TermVector {
  /** Ascending, each once. */
  terms: Uint32Array
  /** How often each term occurs, at most 255. */
  counts: Uint8Array
  /** In words; headings count as often as they weigh. At most 65 535. */
  length: number
}

/**
 * Little-endian: version u8, zero u8, length u16, then the terms (u32 each), then the counts (u8 each). Written and read in the
 * machine's own order, which is little-endian wherever Node runs today.
 */
const HEADER = 4
const PER_TERM = 5

export function packVector(vector: TermVector, version: number): Uint8Array {
  const { terms, counts, length } = vector
  const bytes = new Uint8Array(HEADER + terms.length * PER_TERM)
  bytes[0] = version
  bytes[2] = length & 0xff
  bytes[3] = length >>> 8
  bytes.set(new Uint8Array(terms.buffer, terms.byteOffset, terms.byteLength), HEADER)
  bytes.set(counts, HEADER + terms.byteLength)
  return bytes
}

/** Undefined where the bytes are of another version, or are none. */
export function unpackVector(bytes: Uint8Array, version: number): TermVector | undefined {
  const size = (bytes.length - HEADER) / PER_TERM
  if (bytes[0] !== version || !Number.isInteger(size) || size < 0) return undefined
  // Copies: a view of four bytes each must be aligned, and would hold on to the whole page it was read from.
  const termBytes = new Uint8Array(bytes.subarray(HEADER, HEADER + size * 4))
  return {
    terms: new Uint32Array(termBytes.buffer),
    counts: new Uint8Array(bytes.subarray(HEADER + size * 4)),
    length: bytes[2]! | (bytes[3]! << 8),
  }
}
