/** What owners and operators see on the wire. */
import * as v from 'valibot'
import { id, Instant } from './ids.ts'
import { AppConfig, Budget } from './config.ts'
import { Citation } from './resources.ts'

const Name = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'a name, not empty'),
  v.maxLength(120, 'at most 120 characters'),
)

/**
 * Exactly what a browser sends as `Origin`: scheme, host and port, no path. With `*.` before the host, every host below it; which
 * hosts may stand there the server knows (no public suffix, no IP address).
 */
export const Origin = v.pipe(
  v.string(),
  v.maxLength(300, 'at most 300 characters'),
  v.regex(
    /^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d{1,5})?$/,
    'an origin like https://shop.example, or https://*.shop.example (scheme and host, no path, an international name as xn--…)',
  ),
  v.check((origin) => {
    const plain = origin.replace('://*.', '://')
    return URL.canParse(plain) && new URL(plain).origin === plain && !plain.includes('..') && !plain.endsWith('.')
  }, 'an origin as a browser sends it'),
)

export const Tenant = v.object({
  id: id('tenant'),
  name: v.string(),
  /** What all its apps together may use in a day. */
  budget: v.optional(Budget),
  createdAt: Instant,
})
export type Tenant = v.InferOutput<typeof Tenant>

export const NewTenant = v.strictObject({ name: Name, budget: v.optional(Budget) })
const isChange = (changes: object) => Object.keys(changes).length > 0
export const TenantChanges = v.pipe(
  v.partial(v.strictObject({ name: Name, budget: Budget })),
  v.check(isChange, 'something to change'),
)

/** Which of its configurations an app answers with. */
export const Live = v.object({
  config: v.number(),
  /** A second one for a share of the visitors: always the same ones. */
  trial: v.optional(v.object({ config: v.number(), percent: v.number() })),
  since: Instant,
})
export type Live = v.InferOutput<typeof Live>

export const App = v.object({
  id: id('app'),
  tenantId: id('tenant'),
  name: v.string(),
  allowedOrigins: v.array(v.string()),
  live: Live,
  /** The live configuration. */
  config: AppConfig,
  createdAt: Instant,
})
export type App = v.InferOutput<typeof App>

export const NewApp = v.strictObject({
  name: Name,
  /** Without one the app answers nobody. */
  allowedOrigins: v.optional(v.pipe(v.array(Origin), v.maxLength(100)), []),
  config: v.optional(AppConfig, {}),
})

export const AppChanges = v.pipe(
  v.partial(v.strictObject({ name: Name, allowedOrigins: v.pipe(v.array(Origin), v.maxLength(100)) })),
  v.check(isChange, 'something to change'),
)

/** One state of an app's configuration. It never changes: a change is another one. */
export const ConfigVersion = v.object({
  id: id('config'),
  appId: id('app'),
  /** 1, 2, 3 … within the app. */
  number: v.number(),
  note: v.optional(v.string()),
  config: AppConfig,
  /** Who made it: `operator`, or the id of a key or an agent. */
  createdBy: v.string(),
  createdAt: Instant,
})
export type ConfigVersion = v.InferOutput<typeof ConfigVersion>

export const NewConfig = v.strictObject({
  config: AppConfig,
  note: v.optional(v.pipe(v.string(), v.maxLength(500, 'at most 500 characters'))),
})

const ConfigNumber = v.pipe(v.number(), v.integer('the number of a configuration'), v.minValue(1))
export const Activation = v.strictObject({
  config: ConfigNumber,
  trial: v.optional(
    v.strictObject({
      config: ConfigNumber,
      percent: v.pipe(v.number(), v.integer(), v.minValue(1, 'from 1 to 99'), v.maxValue(99, 'from 1 to 99')),
    }),
  ),
})
export type Activation = v.InferOutput<typeof Activation>

/** One value that two configurations have differently. Absent: there is none. */
export const ConfigChange = v.object({
  path: v.string(),
  before: v.optional(v.unknown()),
  after: v.optional(v.unknown()),
})
export type ConfigChange = v.InferOutput<typeof ConfigChange>

/** What a secret key may do. */
export const Scope = v.picklist([
  'tenant:read',
  'tenant:write',
  'apps:read',
  'apps:write',
  'keys:read',
  'keys:write',
  'sources:read',
  'sources:write',
  'agents:read',
  'agents:write',
  'audit:read',
  'usage:read',
  'privacy:read',
  'privacy:write',
  'chat',
])
export type Scope = v.InferOutput<typeof Scope>
export const scopes = Scope.options

export const Key = v.object({
  id: id('key'),
  kind: v.picklist(['publishable', 'secret']),
  env: v.picklist(['live', 'test']),
  name: v.string(),
  scopes: v.array(Scope),
  /** Enough to tell keys apart, too little to use one. */
  hint: v.string(),
  /** Publishable keys name one app. */
  appId: v.optional(id('app')),
  /** Who made it: `operator`, or the id of a key or an agent. */
  createdBy: v.string(),
  createdAt: Instant,
  /** The key that takes its place. */
  rotatedTo: v.optional(id('key')),
  expiresAt: v.optional(Instant),
  revokedAt: v.optional(Instant),
  lastUsedAt: v.optional(Instant),
})
export type Key = v.InferOutput<typeof Key>

/** A key that is still good though who made it is gone: enough to find where it is used. */
export const WorkingKey = v.object({
  id: id('key'),
  name: v.string(),
  /** How the key begins. */
  prefix: v.string(),
  /** And how it ends. */
  hint: v.string(),
})
export type WorkingKey = v.InferOutput<typeof WorkingKey>

export const NewKey = v.strictObject({
  kind: v.optional(v.picklist(['publishable', 'secret']), 'secret'),
  env: v.optional(v.picklist(['live', 'test']), 'live'),
  name: Name,
  scopes: v.optional(v.pipe(v.array(Scope), v.minLength(1, 'at least one scope')), [...Scope.options]),
  appId: v.optional(id('app')),
  expiresInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_650))),
})

export const Rotation = v.strictObject({
  /** For how long both are good; 0 ends the old one at once. */
  overlapHours: v.optional(
    v.pipe(
      v.number(),
      v.integer('whole hours'),
      v.minValue(0, 'at least 0'),
      v.maxValue(24 * 30, 'at most 720, which is 30 days'),
    ),
    24,
  ),
})

/** The only time the key itself is shown. */
export const KeyCreated = v.object({ key: Key, secret: v.string() })
export type KeyCreated = v.InferOutput<typeof KeyCreated>

export const Source = v.object({
  id: id('source'),
  appId: id('app'),
  /** Unique within the app: adding the same name again replaces the document. */
  name: v.string(),
  title: v.string(),
  mimeType: v.string(),
  sizeBytes: v.number(),
  /** Of the document as it was sent, in base64url: whoever has it can tell whether it is the same. */
  sha256: v.string(),
  chunks: v.number(),
  createdAt: Instant,
  updatedAt: Instant,
})
export type Source = v.InferOutput<typeof Source>

export const SourceAdded = v.object({ source: Source, outcome: v.picklist(['created', 'updated', 'unchanged']) })
export type SourceAdded = v.InferOutput<typeof SourceAdded>

/** A passage found, with the BM25 score it was found by (higher is better; comparable within one search only). */
export const Hit = v.object({ ...Citation.entries, text: v.string(), score: v.number() })
export type Hit = v.InferOutput<typeof Hit>

export const Check = v.object({
  name: v.string(),
  ok: v.boolean(),
  /** What was found. */
  detail: v.string(),
  /** What to do about it, where something is wrong. */
  fix: v.optional(v.string()),
})
export type Check = v.InferOutput<typeof Check>
