import { argon2, type Argon2Parameters } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault } from '@aside/protocol'
import { isKnownPassword } from './known-passwords.ts'
import { isSame, type Secrets } from './secrets.ts'

/** OWASP's least for Argon2id (Password Storage Cheat Sheet, 2025): 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456
const PASSES = 2
const LANES = 1
const TAG_BYTES = 32

/** At once: each takes its memory, and one of the four threads that also sync the disk. */
const AT_ONCE = 2
/** Past those, so many wait, which is about a second. */
const WAITING = 40

const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,128})$/

export interface Passwords {
  /** A PHC string. Throws `invalid_input` for one that is easily guessed, `overloaded` where too many ask. */
  hash(email: string, password: string): Promise<string>
  /**
   * Those of `stored` that this password fits. One hash is computed however many there are, none included, so that nobody can
   * tell by the time who exists. Throws `overloaded` where too many ask.
   */
  fitting<T extends { passwordHash: string }>(email: string, password: string, stored: T[]): Promise<T[]>
}

/** NIST SP 800-63B-4, 3.1.1.2: the same characters, however they were put together. */
const normal = (password: string) => Buffer.from(password.normalize('NFKC'))
const phc = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** What has to be computed to compare with it: the parameters, and the salt. */
function settingsOf(hash: string): { key: string; memory: number; passes: number; lanes: number; salt: Buffer } {
  const [, memory, passes, lanes, salt] = shape.exec(hash) ?? []
  if (salt === undefined) throw new Error('A stored password is no PHC string')
  const key = hash.slice(0, hash.lastIndexOf('$'))
  return {
    key,
    memory: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
  }
}

export function createPasswords(secrets: Secrets): Passwords {
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running < AT_ONCE) running++
    else {
      if (waiting.length >= WAITING)
        throw new Fault('overloaded', 'Too many are signing in at the moment', { retryAfterMs: 1_000 })
      // Whoever ends hands its place on.
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  const compute = (password: string, { memory, passes, lanes, salt }: Omit<ReturnType<typeof settingsOf>, 'key'>) =>
    inTurn(() =>
      derive('argon2id', {
        message: normal(password),
        nonce: salt,
        memory,
        passes,
        parallelism: lanes,
        tagLength: TAG_BYTES,
      }),
    )

  /**
   * The salt follows from the address, by a key of the store's own. So who has the same address in several tenants is looked for
   * with one hash, like who has it in none; and no two addresses share a salt.
   */
  function prefixFor(email: string): string {
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${phc(secrets.saltOf(email))}`
  }
  const settingsFor = (email: string) => settingsOf(`${prefixFor(email)}$${'A'.repeat(43)}`)

  return {
    async hash(email, password) {
      if (isKnownPassword(password, email))
        throw new Fault('invalid_input', 'body.password: is easily guessed', {
          issues: [{ path: 'body.password', message: 'is easily guessed: choose another one' }],
        })
      return `${prefixFor(email)}$${phc(await compute(password, settingsFor(email)))}`
    },

    async fitting(email, password, stored) {
      // Of a store whose secret was made anew, or of other parameters: computed as they were then.
      const groups = Map.groupBy(stored, (it) => settingsOf(it.passwordHash).key)
      if (groups.size === 0) groups.set(prefixFor(email), [])
      const found: typeof stored = []
      for (const [prefix, members] of groups) {
        const hash = await compute(password, settingsOf(`${prefix}$${'A'.repeat(43)}`))
        for (const it of members) {
          const kept = Buffer.from(it.passwordHash.slice(prefix.length + 1), 'base64')
          if (isSame(kept, hash)) found.push(it)
        }
      }
      return found
    },
  }
}
