/** What owners and operators see on the wire. */
import * as v from 'valibot'
import { id, Instant } from './ids.ts'
import { Citation, Theme } from './resources.ts'

const Name = v.pipe(v.string(), v.trim(), v.minLength(1, 'a name'), v.maxLength(120, 'at most 120 characters'))

/** Exactly what a browser sends as `Origin`: scheme, host and port, no path. */
export const Origin = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'an origin like https://shop.example (scheme and host, no path)'),
  v.check((origin) => URL.canParse(origin) && new URL(origin).origin === origin, 'an origin as a browser sends it'),
)

export const Tenant = v.object({ id: id('tenant'), name: v.string(), createdAt: Instant })
export type Tenant = v.InferOutput<typeof Tenant>

export const NewTenant = v.strictObject({ name: Name })

export const AppConfig = v.strictObject({
  systemPrompt: v.optional(v.pipe(v.string(), v.maxLength(8_000))),
  /** `local` quotes the sources and needs no key; anything else is a model name at the provider. */
  model: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(120))),
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  maxOutputTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32_000))),
  historyTurns: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
  passages: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
  theme: v.optional(v.partial(v.strictObject(Theme.entries))),
  words: v.optional(
    v.partial(
      v.strictObject({
        title: v.pipe(v.string(), v.maxLength(80)),
        greeting: v.pipe(v.string(), v.maxLength(500)),
        placeholder: v.pipe(v.string(), v.maxLength(120)),
      }),
    ),
  ),
  suggestedQuestions: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(6))),
  locale: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 tag like pt-BR'))),
})
export type AppConfig = v.InferOutput<typeof AppConfig>

export const App = v.object({
  id: id('app'),
  tenantId: id('tenant'),
  name: v.string(),
  allowedOrigins: v.array(v.string()),
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

/** What a secret key may do. */
export const Scope = v.picklist([
  'apps:read',
  'apps:write',
  'keys:read',
  'keys:write',
  'sources:read',
  'sources:write',
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
  createdAt: Instant,
  expiresAt: v.optional(Instant),
  revokedAt: v.optional(Instant),
  lastUsedAt: v.optional(Instant),
})
export type Key = v.InferOutput<typeof Key>

export const NewKey = v.strictObject({
  kind: v.optional(v.picklist(['publishable', 'secret']), 'secret'),
  env: v.optional(v.picklist(['live', 'test']), 'live'),
  name: Name,
  scopes: v.optional(v.pipe(v.array(Scope), v.minLength(1, 'at least one scope')), [...Scope.options]),
  appId: v.optional(id('app')),
  expiresInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_650))),
})

/** The only time the key itself is shown. */
export const KeyCreated = v.object({ key: Key, secret: v.string() })

export const Source = v.object({
  id: id('source'),
  appId: id('app'),
  /** Unique within the app: adding the same name again replaces the document. */
  name: v.string(),
  title: v.string(),
  mimeType: v.string(),
  sizeBytes: v.number(),
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
