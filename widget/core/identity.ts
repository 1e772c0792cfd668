/** Who the page says the visitor is. The server checks it; here it is only read, to keep people's things apart. */
import { Fault } from '@aside/protocol'
import type { GetToken } from '../sdk.ts'

export type { GetToken, Vouching } from '../sdk.ts'

/** A page that has not answered for so long never will. */
const PATIENCE_MS = 10_000

export interface Claims {
  readonly sub: string
  readonly aud: string
}

/** Nothing for what is no token, or names nobody. */
export function claimsOf(token: string): Claims | undefined {
  try {
    const body = atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(body, (it) => it.charCodeAt(0)))) as unknown
    const { sub, aud } = claims as Partial<Claims>
    return typeof sub === 'string' && sub !== '' ? { sub, aud: String(aud) } : undefined
  } catch {
    return undefined
  }
}

/** For who builds the page: nobody else could repair it. */
export function complain(...words: unknown[]): void {
  // eslint-disable-next-line no-console -- the only place an integrator would look
  console.error(...words)
}

/** The token, as long as it names somebody. */
export function readable(token: string | null | undefined): string | undefined {
  if (!token) return undefined
  if (claimsOf(token)) return token
  complain('Aside: the identity is no signed token (JWT) with a `sub`')
  return undefined
}

/** Resolves with nothing where nobody is signed in. Rejects with `identity_invalid` where the page fails to say. */
export async function ask(getToken: GetToken): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS)
  })
  try {
    return readable(await Promise.race([getToken(), late]))
  } catch (cause) {
    complain('Aside: getToken failed', cause)
    throw new Fault('identity_invalid', 'The page could not say who the visitor is', { cause })
  } finally {
    clearTimeout(timer)
  }
}
