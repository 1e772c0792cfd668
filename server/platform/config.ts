/** The whole configuration, from the environment, parsed once. All that is wrong is said at once, in words. */
import * as v from 'valibot'
import { join, resolve } from 'node:path'
import { rateEntries, rateSwitch, readRates, type RateTable } from './rate-settings.ts'

const whole = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9]+$/, 'a whole number'),
    v.transform(Number),
    v.minValue(least, `at least ${least}`),
    v.maxValue(most, `at most ${most}`),
  )

const httpUrl = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'an address like https://chat.example',
  ),
  v.transform((text) => text.replace(/\/+$/, '')),
)

/** Of a host that is set apart: an origin and nothing behind it. */
const hostUrl = v.pipe(
  v.string(),
  v.check(
    (text) =>
      URL.canParse(text) &&
      /^https?:$/.test(new URL(text).protocol) &&
      new URL(text).href === `${new URL(text).origin}/`,
    'an address without a path, like https://embed.example',
  ),
  v.transform((text) => (URL.canParse(text) ? new URL(text).origin : text)),
)

const Environment = v.object({
  ASIDE_DATA_DIR: v.optional(v.string(), '.data'),
  ASIDE_HOST: v.optional(v.string(), '127.0.0.1'),
  ASIDE_PORT: v.optional(whole(0, 65_535), '8787'),
  ASIDE_PUBLIC_URL: v.optional(httpUrl),
  ASIDE_EMBED_URL: v.optional(hostUrl),
  ASIDE_STUDIO_URL: v.optional(hostUrl),
  ASIDE_CDN_DIR: v.optional(v.string()),
  ASIDE_LOG: v.optional(
    v.picklist(['debug', 'info', 'warn', 'error', 'silent'], 'debug, info, warn, error or silent'),
    'info',
  ),
  ASIDE_MAX_TURNS: v.optional(whole(1, 100_000), '1200'),
  ASIDE_MAX_QUEUED_TURNS: v.optional(whole(0, 100_000), '200'),
  ASIDE_TRUSTED_PROXIES: v.optional(whole(0, 10), '0'),
  ASIDE_SECRETS_KEY: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/,
        '32 bytes in base64url: openssl rand -base64 32 | tr +/ -_ | tr -d =',
      ),
    ),
  ),
  ASIDE_RATES: rateSwitch,
  ...rateEntries,
  DATABASE_URL: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(postgres(ql)?:\/\/|sqlite:|file:)/, 'postgres://user@host/name, or sqlite:path/to/file.db'),
    ),
  ),
  OPENAI_API_KEY: v.optional(v.pipe(v.string(), v.minLength(1))),
  OPENAI_BASE_URL: v.optional(httpUrl),
  ASIDE_MODEL: v.optional(v.pipe(v.string(), v.minLength(1)), 'gpt-5-mini'),
})

export interface Config {
  dataDir: string
  host: string
  port: number
  /** Where browsers reach this server; unset: `http://<host>:<port>` as it listens. */
  publicUrl: string | undefined
  /** Where the iframe's document and the studio are, if not there: each is answered under its own name only. */
  embedUrl: string | undefined
  studioUrl: string | undefined
  /** What `aside cdn build` wrote; absent: the widget that was built here. */
  cdnFolder: string | undefined
  log: v.InferOutput<typeof Environment>['ASIDE_LOG']
  database: { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string }
  /** Answers written at once, by this process; more wait in a queue of `maxQueuedTurns`, past that they are refused. */
  maxTurns: number
  maxQueuedTurns: number
  /** How many proxies of ours stand before this server: that many entries of `X-Forwarded-For`, from the right, are true. */
  trustedProxies: number
  /** Seals the secrets that have to be read again; absent: they lie in the store as they are. */
  secretsKey: string | undefined
  /** How often who may ask. Absent: as often as they like. */
  rates: RateTable | undefined
  /** Absent: the `local` model, which quotes the sources. */
  openai: { apiKey: string; baseUrl: string | undefined; model: string } | undefined
}

export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n  ${problems.join('\n  ')}`,
    )
    this.problems = problems
  }
}

/** The same as the public address is not apart. */
const apart = (url: string | undefined, publicUrl: string | undefined): string | undefined =>
  url === undefined || publicUrl === undefined || url === new URL(publicUrl).origin ? undefined : url

/** Throws `ConfigProblems` with every problem there is. Unknown variables are left alone; unknown `ASIDE_` ones are not. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = v.safeParse(Environment, given)
  const problems = (parsed.issues ?? []).map((issue) => `${v.getDotPath(issue)}: expected ${issue.message}`)
  for (const name of Object.keys(given))
    if (
      name.startsWith('ASIDE_') &&
      !(name in Environment.entries) &&
      !/^ASIDE_(TEST|DEMO|URL|KEY|CHROMIUM|IDENTITY_SECRET)/.test(name)
    )
      problems.push(`${name}: no such setting`)
  for (const name of ['ASIDE_EMBED_URL', 'ASIDE_STUDIO_URL'])
    if (given[name] && !given['ASIDE_PUBLIC_URL'])
      problems.push(`${name}: needs ASIDE_PUBLIC_URL beside it, the address of the API`)
  if (
    parsed.success &&
    parsed.output.ASIDE_EMBED_URL &&
    parsed.output.ASIDE_EMBED_URL === parsed.output.ASIDE_STUDIO_URL
  )
    problems.push('ASIDE_STUDIO_URL: must not be where visitors’ pages are framed from, ASIDE_EMBED_URL')
  if (given['OPENAI_BASE_URL'] && !given['OPENAI_API_KEY'])
    problems.push('OPENAI_BASE_URL: needs OPENAI_API_KEY beside it (any text, where the provider asks for none)')
  if (!parsed.success || problems.length > 0) throw new ConfigProblems(problems)
  const it = parsed.output
  const dataDir = resolve(it.ASIDE_DATA_DIR)
  const url = it.DATABASE_URL ?? `sqlite:${join(dataDir, 'aside.db')}`
  return {
    dataDir,
    host: it.ASIDE_HOST,
    port: it.ASIDE_PORT,
    publicUrl: it.ASIDE_PUBLIC_URL,
    embedUrl: apart(it.ASIDE_EMBED_URL, it.ASIDE_PUBLIC_URL),
    studioUrl: apart(it.ASIDE_STUDIO_URL, it.ASIDE_PUBLIC_URL),
    cdnFolder: it.ASIDE_CDN_DIR === undefined ? undefined : resolve(it.ASIDE_CDN_DIR),
    log: it.ASIDE_LOG,
    database: url.startsWith('postgres')
      ? { kind: 'postgres', url }
      : { kind: 'sqlite', file: resolve(url.replace(/^(sqlite|file):(\/\/)?/, '')) },
    maxTurns: it.ASIDE_MAX_TURNS,
    maxQueuedTurns: it.ASIDE_MAX_QUEUED_TURNS,
    trustedProxies: it.ASIDE_TRUSTED_PROXIES,
    secretsKey: it.ASIDE_SECRETS_KEY,
    rates: readRates(it),
    openai: it.OPENAI_API_KEY
      ? { apiKey: it.OPENAI_API_KEY, baseUrl: it.OPENAI_BASE_URL, model: it.ASIDE_MODEL }
      : undefined,
  }
}
