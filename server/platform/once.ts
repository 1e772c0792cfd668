/** `Idempotency-Key`: a creation that is asked for twice, since its answer was lost, is done once. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { defineEntity, p, UniqueConstraintViolationException } from '@mikro-orm/core'
import { Fault } from '@aside/protocol'
import { ALL_TENANTS } from './db.ts'
import { rowsOf } from './rows.ts'
import type { Scope } from './scope.ts'

export const IdempotencyKeys = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_keys',
  properties: {
    /** `-` where it is no tenant's. */
    tenantId: p.text().primary(),
    /** SHA-256: the key itself is not kept, for it opens the reply. */
    keyHash: p.text().primary(),
    requestHash: p.text(),
    /** Encrypted with a key that only who has the idempotency key can derive: it may hold a secret that is shown once. */
    reply: p.blob(),
    createdAt: p.datetime(),
  },
})

const rows = rowsOf(IdempotencyKeys)
const KEEP_MS = 86_400_000
const shape = /^[\x21-\x7e]{16,255}$/

export interface OnceInput {
  /** As the header gives it, with or without quotes. */
  key: string
  /** Method, path, query and body: the same key for anything else is refused. */
  request: string
  now: number
}

/**
 * Runs `work` in a transaction that also keeps its reply, for a day. The same key and request again gives that reply, and runs
 * nothing. Throws `invalid_input` for what is no key, `idempotency_mismatch` for the key of another request.
 */
export async function once<T>(
  scope: Scope,
  { key: given, request, now }: OnceInput,
  work: (tx: Scope) => Promise<T>,
): Promise<{ reply: T; isReplayed: boolean }> {
  const key = given.replace(/^"(.*)"$/, '$1')
  if (!shape.test(key)) {
    const message = '16 to 255 visible ASCII characters, such as a UUID'
    throw new Fault('invalid_input', `header.Idempotency-Key: ${message}`, {
      issues: [{ path: 'header.Idempotency-Key', message }],
    })
  }
  const tenantId = scope.tenantId === ALL_TENANTS ? '-' : scope.tenantId
  const digest = (text: string) => createHash('sha256').update(text).digest('base64url')
  const keyHash = digest(`${tenantId}\n${key}`)
  const requestHash = digest(request)
  const attempt = () =>
    scope.transaction(async (tx) => {
      const own = tx.of(tenantId)
      const before = await rows.one(own, { keyHash, createdAt: { gt: new Date(now - KEEP_MS) } })
      if (before) {
        if (before.requestHash !== requestHash)
          throw new Fault('idempotency_mismatch', 'This Idempotency-Key was used for another request')
        return { reply: JSON.parse(open(before.reply, key, tenantId)) as T, isReplayed: true }
      }
      const reply = await work(tx)
      await rows.remove(own, { createdAt: { lte: new Date(now - KEEP_MS) } })
      await rows.insert(own, {
        keyHash,
        requestHash,
        reply: seal(JSON.stringify(reply), key, tenantId),
        createdAt: new Date(now),
      })
      return { reply, isReplayed: false }
    })
  try {
    return await attempt()
  } catch (error) {
    // The same request at the same moment, which was faster: its reply is there now.
    if (error instanceof UniqueConstraintViolationException) return attempt()
    throw error
  }
}

const cipherKey = (key: string, tenantId: string) =>
  Buffer.from(hkdfSync('sha256', key, tenantId, 'aside idempotency reply', 32))

function seal(text: string, key: string, tenantId: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', cipherKey(key, tenantId), nonce)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

function open(sealed: Uint8Array, key: string, tenantId: string): string {
  const bytes = Buffer.from(sealed)
  const cipher = createDecipheriv('aes-256-gcm', cipherKey(key, tenantId), bytes.subarray(0, 12))
  cipher.setAuthTag(bytes.subarray(12, 28))
  return cipher.update(bytes.subarray(28), undefined, 'utf8') + cipher.final('utf8')
}
