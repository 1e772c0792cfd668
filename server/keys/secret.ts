/** `as_sk_live_<kid:12><secret:33><crc:6>`: found by kid, proven by hash, and a typo refused before the store is asked. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Characters drawn evenly: bytes past the last whole multiple of 62 are thrown away. 33 of them hold 196 bits. */
function chance(length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += alphabet[byte % 62]
  return text
}

function checksum(text: string): string {
  let left = crc32(text)
  let result = ''
  for (let i = 0; i < 6; i++, left = Math.floor(left / 62)) result = alphabet[left % 62] + result
  return result
}

const shape = /^as_(pk|sk)_(live|test)_([0-9A-Za-z]{12})([0-9A-Za-z]{33})([0-9A-Za-z]{6})$/

export interface KeyText {
  kind: 'publishable' | 'secret'
  env: 'live' | 'test'
  kid: string
  hash: string
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')

export function mintKey(kind: 'publishable' | 'secret', env: 'live' | 'test'): KeyText & { text: string } {
  const kid = chance(12)
  const body = `as_${kind === 'secret' ? 'sk' : 'pk'}_${env}_${kid}${chance(33)}`
  const text = body + checksum(body)
  return { kind, env, kid, text, hash: hashOf(text) }
}

/** Undefined for what cannot be a key of ours: the wrong shape, or a checksum that does not fit. */
export function readKey(text: string): KeyText | undefined {
  const found = shape.exec(text)
  if (!found || checksum(text.slice(0, -6)) !== found[5]) return undefined
  return {
    kind: found[1] === 'sk' ? 'secret' : 'publishable',
    env: found[2] === 'test' ? 'test' : 'live',
    kid: found[3]!,
    hash: hashOf(text),
  }
}

export const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
