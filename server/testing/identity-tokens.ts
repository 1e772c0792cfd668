/** Identity tokens as a customer's backend makes them, and as nobody should: the header, the claims and the key are the caller's. */
import { createHmac } from 'node:crypto'

export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const sign = (signed: string, key: string | Buffer, hash = 'sha256'): string =>
  `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`

/** `secret` is what its creation shows: `<kid>.<key>`. */
export const splitSecret = (secret: string): { kid: string; key: string } => {
  const at = secret.indexOf('.')
  return { kid: secret.slice(0, at), key: secret.slice(at + 1) }
}

export interface TokenParts {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  key?: string
  hash?: string
}

/** A good token of `appId`, but for what is given. An undefined value leaves its field out. */
export function mintToken(secret: string, appId: string, { header, claims, key, hash }: TokenParts = {}): string {
  const own = splitSecret(secret)
  const now = Math.floor(Date.now() / 1_000)
  const head = { alg: 'HS256', typ: 'aside-id+jwt', kid: own.kid, ...header }
  const body = { sub: 'ada', aud: appId, iat: now, exp: now + 900, ...claims }
  return sign(`${part(head)}.${part(body)}`, key ?? own.key, hash)
}
