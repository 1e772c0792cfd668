/** A tenant as a file: what may stand in it. What is left out is left as it is on the server. */
import * as v from 'valibot'
import { AppConfig, Budget, IdentityMode, Origin } from '@aside/protocol'
import { problemOf } from '@aside/server/allowed-origins'

const Name = v.pipe(v.string(), v.trim(), v.minLength(1, 'not empty'), v.maxLength(120, 'at most 120 characters'))

const AllowedOrigin = v.pipe(
  Origin,
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOf(dataset.value) : undefined
    if (problem !== undefined) addIssue({ message: problem })
  }),
)

const KeyEnv = v.picklist(['live', 'test'])
/** A publishable key, by its name; never the key itself. */
const PublishableKey = v.union([Name, v.strictObject({ name: Name, env: v.optional(KeyEnv, 'live') })])

export const AppFile = v.pipe(
  v.strictObject({
    origins: v.optional(v.pipe(v.array(AllowedOrigin), v.maxLength(100, 'at most 100'))),
    /** The live configuration, whole. */
    config: v.optional(AppConfig),
    /** For a share of the visitors. Left out beside a `config`, there is none. */
    trial: v.optional(
      v.strictObject({
        percent: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99)),
        config: AppConfig,
      }),
    ),
    /** What the app asks of its visitors. Secrets are never part of a file. */
    identity: v.optional(IdentityMode),
    /** Files, folders and patterns, relative to the file itself. */
    sources: v.optional(v.array(v.pipe(v.string(), v.minLength(1, 'a file, a folder, or a pattern')))),
    publishableKeys: v.optional(v.array(PublishableKey)),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && dataset.value.trial && !dataset.value.config)
      addIssue({ message: 'a trial needs the config that is live beside it' })
  }),
)
export type AppFile = v.InferOutput<typeof AppFile>

export const TenantFile = v.strictObject({
  /** Its name, by which it is found. */
  tenant: Name,
  budget: v.optional(Budget),
  /** By their names. */
  apps: v.optional(v.record(Name, AppFile)),
})
export type TenantFile = v.InferOutput<typeof TenantFile>

export interface NamedKey {
  name: string
  env: 'live' | 'test'
}
export const keysOf = ({ publishableKeys = [] }: AppFile): NamedKey[] =>
  publishableKeys.map((it) => (typeof it === 'string' ? { name: it, env: 'live' } : it))
