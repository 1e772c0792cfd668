/** Secrets that must be read again, such as those that sign: encrypted at rest where the operator gave a key for it. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export interface Seal {
  /** Without the operator's key the text is kept as it is. `place` is where it lies: what is moved elsewhere does not open. */
  close(text: string, place: string): string
  /** Undefined where it was closed with a key that is not ours, or changed since. */
  open(sealed: string, place: string): string | undefined
  readonly isPlain: boolean
}

const PLAIN = 'plain:'
const AES = 'aes-256-gcm:'

/** `key` is 32 bytes, base64url: `ASIDE_SECRETS_KEY`. */
export function createSeal(key: string | undefined): Seal {
  const bytes = key === undefined ? undefined : Buffer.from(key, 'base64url')
  return {
    isPlain: bytes === undefined,
    close(text, place) {
      if (!bytes) return PLAIN + text
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(place))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return AES + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(sealed, place) {
      if (sealed.startsWith(PLAIN)) return sealed.slice(PLAIN.length)
      if (!bytes || !sealed.startsWith(AES)) return undefined
      const all = Buffer.from(sealed.slice(AES.length), 'base64url')
      try {
        const cipher = createDecipheriv('aes-256-gcm', bytes, all.subarray(0, 12), { authTagLength: 16 })
        cipher.setAAD(Buffer.from(place)).setAuthTag(all.subarray(12, 28))
        return cipher.update(all.subarray(28), undefined, 'utf8') + cipher.final('utf8')
      } catch {
        return undefined
      }
    },
  }
}
