/** Signed identity: whose word is taken for who a visitor is, and what happens to those who bring none. */
import * as v from 'valibot'
import { id, Instant } from './ids.ts'

/** A token is a JWT of at most so many characters. */
export const MAX_IDENTITY_CHARS = 8_192

/** The `typ` every token's header has, so that no token made for something else is taken for one. */
export const IDENTITY_TYPE = 'aside-id+jwt'

export const IdentityToken = v.pipe(
  v.string(),
  v.minLength(1, 'a token'),
  v.maxLength(MAX_IDENTITY_CHARS, `at most ${MAX_IDENTITY_CHARS} characters`),
)

/**
 * `off`: who brings a token is that visitor, who brings none is anonymous. `observe`: the same, counted, and a wrong token makes
 * an anonymous session instead of a refusal. `enforce`: no session without a good token.
 */
export const IdentityMode = v.picklist(['off', 'observe', 'enforce'])
export type IdentityMode = v.InferOutput<typeof IdentityMode>

/** Which check a token failed. For its owner only: a visitor is told no more than that it is not good. */
export const IdentityReason = v.picklist([
  'malformed',
  'header',
  'type',
  'algorithm',
  'secret_unknown',
  'secret_unreadable',
  'signature',
  'claims_missing',
  'subject',
  'audience',
  'issued_at',
  'expired',
  'not_yet_valid',
  'lifetime',
  'attributes',
])
export type IdentityReason = v.InferOutput<typeof IdentityReason>

const unseen = (text: string) => !/\p{Cc}/u.test(text) && text.isWellFormed()
/* @__NO_SIDE_EFFECTS__ */
const visible = (longest: number) =>
  v.pipe(
    v.string(),
    v.minLength(1, 'not empty'),
    v.maxLength(longest, `at most ${longest} characters`),
    v.check(unseen, 'no control characters'),
  )

/** What a token says. Claims that are not named here mean nothing. */
export const IdentityClaims = v.object({
  /** Whoever this is to the owner: the same one is the same visitor, in whatever browser. */
  sub: visible(128),
  aud: id('app'),
  iat: v.pipe(v.number(), v.finite()),
  exp: v.pipe(v.number(), v.finite()),
  nbf: v.optional(v.pipe(v.number(), v.finite())),
  jti: v.optional(visible(128)),
  email: v.nullish(
    v.pipe(v.string(), v.maxLength(254), v.regex(/^[^\s@]+@[^\s@]+$/, 'an address'), v.check(unseen, 'an address')),
  ),
  name: v.nullish(visible(120)),
})
export type IdentityClaims = v.InferOutput<typeof IdentityClaims>

export const IdentitySecret = v.object({
  /** The `kid` of the tokens it signs. */
  id: id('identitySecret'),
  appId: id('app'),
  name: v.string(),
  /** Who made it: `operator`, or the id of a key or an agent. */
  createdBy: v.string(),
  createdAt: Instant,
  revokedAt: v.optional(Instant),
})
export type IdentitySecret = v.InferOutput<typeof IdentitySecret>

export const NewIdentitySecret = v.strictObject({
  appId: id('app'),
  name: v.optional(
    v.pipe(v.string(), v.trim(), v.minLength(1, 'a name, not empty'), v.maxLength(120, 'at most 120 characters')),
    'default',
  ),
})

/** The only time the secret itself is shown: `<kid>.<key>`, of which the key, as the text it is, signs. */
export const IdentitySecretCreated = v.object({ identitySecret: IdentitySecret, secret: v.string() })
export type IdentitySecretCreated = v.InferOutput<typeof IdentitySecretCreated>

export const Identity = v.object({
  mode: IdentityMode,
  /** Those that are good now: two at the most, so that one can take the other's place. */
  secrets: v.array(IdentitySecret),
})
export type Identity = v.InferOutput<typeof Identity>

export const IdentityVerdict = v.object({
  ok: v.boolean(),
  reason: v.optional(IdentityReason),
  /** Of a good one only. */
  claims: v.optional(IdentityClaims),
})
export type IdentityVerdict = v.InferOutput<typeof IdentityVerdict>

/** One day (UTC) of an app in `observe`: how its sessions would have begun under `enforce`. */
export const IdentityDay = v.object({
  day: v.pipe(v.string(), v.isoDate()),
  verified: v.number(),
  missing: v.number(),
  invalid: v.number(),
  /** Why the invalid ones were. */
  reasons: v.array(v.object({ reason: IdentityReason, count: v.number() })),
})
export type IdentityDay = v.InferOutput<typeof IdentityDay>
