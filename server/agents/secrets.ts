import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { acrossTenants, type Db, type Log } from '../platform/index.ts'

/** What is derived from the one secret of the store that is for agents only: each purpose has a key of its own. */
export interface Secrets {
  /** Signs access tokens. */
  readonly signing: Uint8Array
  /** The same 16 bytes for the same address, and nobody outside can know them. */
  saltOf(email: string): Buffer
  /** The token that takes the place of this one: the same one however often it is asked for. */
  successorOf(token: string): string
}

/** Made when the store was; every process on it has the same. */
export async function openSecrets({ db, log }: { db: Db; log: Log }): Promise<Secrets> {
  const everywhere = acrossTenants(db, log)
  await everywhere.execute(
    "insert into store_facts (name, value) values ('agent_secret', ?) on conflict (name) do nothing",
    [randomBytes(32).toString('base64url')],
  )
  const { rows } = await everywhere.execute("select value from store_facts where name = 'agent_secret'")
  const secret = Buffer.from(String(rows[0]?.['value']), 'base64url')
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
