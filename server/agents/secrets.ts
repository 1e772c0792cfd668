import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { acrossTenants, createSeal, type Db, type Log, type Seal } from '../platform/index.ts'

/** What is derived from the one secret of the store that is for agents only: each purpose has a key of its own. */
export interface Secrets {
  /** Signs access tokens. */
  readonly signing: Uint8Array
  /** The same 16 bytes for the same address, and nobody outside can know them. */
  saltOf(email: string): Buffer
  /** The token that takes the place of this one: the same one however often it is asked for. */
  successorOf(token: string): string
}

const NAME = 'agent_secret'

interface Parts {
  db: Db
  log: Log
  seal: Seal
}

/**
 * Made when the store was; every process on it has the same. One that was sealed with another key than the operator's of today is
 * made anew: everybody signs in again, with the password they have.
 */
async function openSecret({ db, log, seal }: Parts): Promise<Buffer> {
  const everywhere = acrossTenants(db, log)
  const fresh = () => randomBytes(32).toString('base64url')
  await everywhere.execute('insert into store_facts (name, value) values (?, ?) on conflict (name) do nothing', [
    NAME,
    seal.close(fresh(), NAME),
  ])
  for (;;) {
    const { rows } = await everywhere.execute('select value from store_facts where name = ?', [NAME])
    const kept = String(rows[0]?.['value'])
    const secret = seal.open(kept, NAME)
    const isPlain = createSeal(undefined).open(kept, NAME) !== undefined
    if (secret !== undefined && isPlain === seal.isPlain) return Buffer.from(secret, 'base64url')
    if (secret === undefined) log.warn('agent-secret-replaced', { reason: 'sealed with another key' })
    // Unless another process is faster: then it is read once more.
    await everywhere.execute('update store_facts set value = ? where name = ? and value = ?', [
      seal.close(secret ?? fresh(), NAME),
      NAME,
      kept,
    ])
  }
}

export async function openSecrets(parts: Parts): Promise<Secrets> {
  const secret = await openSecret(parts)
  const keyFor = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `aside agents: ${purpose}`, 32))
  const salting = keyFor('password salts')
  const following = keyFor('refresh tokens')
  const mac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  return {
    signing: keyFor('access tokens'),
    saltOf: (email) => mac(salting, email).subarray(0, 16),
    successorOf: (token) => `art_${mac(following, token).toString('base64url')}`,
  }
}

/** 256 bits of chance, with a prefix by which scanners and people know what it is. */
export const mint = (prefix: 'art' | 'inv'): string => `${prefix}_${randomBytes(32).toString('base64url')}`
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
