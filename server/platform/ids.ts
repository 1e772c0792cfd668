import { randomBytes } from 'node:crypto'
import { idPrefixes, type IdKind } from '@aside/protocol'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: 10 characters of time in ms, 16 of chance (80 bits), in Crockford's base32, so that ids sort by age. */
export function newId(kind: IdKind, nowMs = Date.now()): string {
  let time = ''
  for (let left = nowMs, i = 0; i < 10; i++, left = Math.floor(left / 32)) time = alphabet[left % 32]! + time
  let chance = ''
  for (const byte of randomBytes(16)) chance += alphabet[byte & 31]
  return `${idPrefixes[kind]}_${time}${chance}`
}
