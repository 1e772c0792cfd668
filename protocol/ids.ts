/** Ids are prefixed and time-ordered: `msg_` and 26 characters of Crockford base32 (48 bits of time, 80 of chance). */
import * as v from 'valibot'

export const idPrefixes = {
  tenant: 'ten',
  app: 'app',
  config: 'cfg',
  source: 'src',
  chunk: 'chk',
  visitor: 'vis',
  session: 'ses',
  conversation: 'cnv',
  message: 'msg',
  file: 'fil',
  turn: 'trn',
  agent: 'agt',
  key: 'key',
  identitySecret: 'ids',
  audit: 'aud',
  hold: 'hld',
  notice: 'ntc',
  room: 'rom',
  call: 'cal',
  toolCall: 'tcl',
} as const

export type IdKind = keyof typeof idPrefixes

/* @__NO_SIDE_EFFECTS__ */
export const id = (kind: IdKind) =>
  v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^${idPrefixes[kind]}_[0-9a-z]{26}$`),
      `an id like ${idPrefixes[kind]}_… (26 characters after it)`,
    ),
  )

/** How a page names an app: by its id, or by a publishable key. Neither is a secret. */
export const AppAddress = v.union(
  [id('app'), v.pipe(v.string(), v.regex(/^as_pk_(live|test)_[0-9A-Za-z]{51}$/))],
  'an app id (app_…) or a publishable key (as_pk_…)',
)

/** Chosen by the client, once for each thing it creates; the same one again means the same thing. It never expires. */
export const ClientId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{16,64}$/, '16 to 64 characters out of A–Z a–z 0–9 _ -'),
)

/** A place in a visitor's event stream: `<epoch>-<seq>`. The epoch changes when the store was restored from a backup. */
export const Cursor = v.pipe(v.string(), v.regex(/^[0-9a-z]{1,16}-[0-9]{1,15}$/, 'a cursor like 3f9c-42'))

/** An instant, ISO 8601 in UTC. For people to read: the order of things is `seq`, never the clock. */
export const Instant = v.pipe(v.string(), v.isoTimestamp())
