/** The one place where an identity token is believed. Everything that could be decided otherwise is fixed here. */
import { randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
import * as v from 'valibot'
import { IDENTITY_TYPE, IdentityClaims, type IdentityReason, MAX_IDENTITY_CHARS } from '@aside/protocol'
import { parseStrictly } from './strict-json.ts'

export const LIFETIME_S = 86_400
export const SKEW_S = 60

/** Nothing but these: `crit`, `jku`, `jwk`, `x5u`, `x5c` and whatever else could choose a key or a rule is refused unread. */
const Header = v.strictObject({ alg: v.string(), typ: v.optional(v.string()), kid: v.string() })

/** What tokens of unknown secrets are checked against, so that they take the same way as those with a wrong signature. */
const nobodys = randomBytes(32)

export type SecretFound = { key: Uint8Array } | 'unreadable' | undefined

export type TokenRead = { ok: true; claims: IdentityClaims; secretId: string } | { ok: false; reason: IdentityReason }

interface Against {
  appId: string
  now: number
  /** A secret of this app that is good now. Asked for any `kid` at all. */
  secretOf: (kid: string) => Promise<SecretFound>
}

const failed = (reason: IdentityReason): TokenRead => ({ ok: false, reason })

/** Each byte string has one spelling in base64url; a second one would be a second token of the same signature. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined
}

function parsed(part: string): unknown {
  const bytes = decode(part)
  if (!bytes) return undefined
  try {
    return parseStrictly(bytes)
  } catch {
    return undefined
  }
}

/** Which of the checks of `jose` it was: by its codes, never by its words. */
function reasonOf(error: unknown): IdentityReason {
  const { code, claim, reason } = error as { code?: string; claim?: string; reason?: string }
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'signature'
  if (reason === 'missing') return 'claims_missing'
  if (code === 'ERR_JWT_EXPIRED' && claim === 'exp') return 'expired'
  if (claim === 'exp') return 'expired'
  if (claim === 'iat') return 'issued_at'
  if (claim === 'nbf') return 'not_yet_valid'
  if (claim === 'aud') return 'audience'
  if (claim === 'sub') return 'subject'
  return 'malformed'
}

/** Never throws for what the token is. */
export async function readToken(token: string, { appId, now, secretOf }: Against): Promise<TokenRead> {
  const parts = token.split('.')
  const [first = '', second = '', third = ''] = parts
  if (token.length > MAX_IDENTITY_CHARS || parts.length !== 3 || !decode(third)) return failed('malformed')
  const [head, body] = [parsed(first), parsed(second)]
  if (head === undefined || body === undefined) return failed('malformed')
  const header = v.safeParse(Header, head)
  if (!header.success) return failed('header')
  const { alg, typ, kid } = header.output
  if (typ !== IDENTITY_TYPE) return failed('type')
  if (alg !== 'HS256') return failed('algorithm')

  const found = await secretOf(kid)
  const known = typeof found === 'object' ? found : undefined
  try {
    await jwtVerify(token, known?.key ?? nobodys, {
      algorithms: ['HS256'],
      typ: IDENTITY_TYPE,
      audience: appId,
      requiredClaims: ['sub', 'aud', 'iat', 'exp'],
      maxTokenAge: LIFETIME_S,
      clockTolerance: SKEW_S,
      currentDate: new Date(now),
    })
  } catch (error) {
    if (!known) return failed(found === 'unreadable' ? 'secret_unreadable' : 'secret_unknown')
    return failed(reasonOf(error))
  }
  if (!known) return failed('secret_unknown')
  const claims = v.safeParse(IdentityClaims, body)
  if (!claims.success) {
    const field = claims.issues[0].path?.[0]?.key
    if (field === 'sub') return failed('subject')
    if (field === 'aud') return failed('audience')
    return failed(field === 'email' || field === 'name' ? 'attributes' : 'malformed')
  }
  const { aud, iat, exp } = claims.output
  if (aud !== appId) return failed('audience')
  if (exp <= iat || exp - iat > LIFETIME_S) return failed('lifetime')
  return { ok: true, claims: claims.output, secretId: kid }
}
