import { errors, jwtVerify, SignJWT } from 'jose'
import * as v from 'valibot'
import { Fault } from '@aside/protocol'

const TYPE = 'aside-agent+jwt'
const AUDIENCE = 'aside-admin'
export const ACCESS_MS = 900_000

const Claims = v.object({
  sub: v.string(),
  /** The tenant. */
  ten: v.string(),
  /** The sign-in it comes from: it ends with it. */
  sid: v.string(),
  /** The agent's token version at the time. */
  ver: v.number(),
})
export type Claims = v.InferOutput<typeof Claims>

export interface AccessTokens {
  sign(claims: Claims, now: number): Promise<{ token: string; expiresAt: Date }>
  /** Throws `session_expired` for one that was good once, `unauthenticated` for everything else. */
  verify(token: string, now: number): Promise<Claims>
}

/** What looks like a JWT, of whomever: three parts, of which the first begins with `{"`. */
export const isAccessToken = (text: string): boolean => /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(text)

/** A type, an audience and a key of its own: no token made for anything else is taken for one (RFC 8725, 3.11 and 3.12). */
export function createAccessTokens(key: Uint8Array): AccessTokens {
  return {
    async sign({ sub, ...claims }, now) {
      const issued = Math.floor(now / 1_000)
      const ends = issued + ACCESS_MS / 1_000
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: TYPE })
        .setSubject(sub)
        .setAudience(AUDIENCE)
        .setIssuedAt(issued)
        .setExpirationTime(ends)
        .sign(key)
      return { token, expiresAt: new Date(ends * 1_000) }
    },

    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          typ: TYPE,
          audience: AUDIENCE,
          requiredClaims: ['sub', 'iat', 'exp'],
          currentDate: new Date(now),
          // Another node's clock may be a little ahead.
          clockTolerance: 5,
        })
        return v.parse(Claims, payload)
      } catch (cause) {
        if (cause instanceof errors.JWTExpired)
          throw new Fault('session_expired', 'The access token has expired: renew it', { cause })
        throw new Fault('unauthenticated', 'This access token is not one of ours', { cause })
      }
    },
  }
}
