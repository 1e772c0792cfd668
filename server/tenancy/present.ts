import { createHash } from 'node:crypto'
import {
  type App,
  type AppConfig,
  type Budget,
  type ConfigVersion,
  type Live,
  MAX_MESSAGE_CHARS,
  PROTOCOL_VERSION,
  type Settings,
  type Tenant,
} from '@aside/protocol'
import { isOpen } from './business-hours.ts'
import type { ActivationRow, AppRow, ConfigRow, TenantRow } from './entities.ts'

export const presentTenant = (row: TenantRow): Tenant => ({
  id: row.id,
  name: row.name,
  ...(row.budget ? { budget: row.budget } : {}),
  createdAt: row.createdAt.toISOString(),
})

/**
 * What a tenant's `ETag` is: a number made of what can be changed, for its row keeps no version. Who writes the same again has
 * changed nothing, so that it is no harm that the number is then the same.
 */
export function tenantVersion({
  name,
  budget,
}: Pick<TenantRow, 'name'> & { budget?: Budget | null | undefined }): number {
  const text = JSON.stringify([name, budget?.tokensPerDay ?? null, budget?.moneyPerDay ?? null])
  // Nine digits, which is what a version has at the most, and not 0, which is none.
  return (createHash('sha256').update(text).digest().readUIntBE(0, 6) % 999_999_999) + 1
}

const presentLive = ({ config, trialConfig, trialPercent, createdAt }: ActivationRow): Live => ({
  config,
  ...(typeof trialConfig === 'number' && typeof trialPercent === 'number'
    ? { trial: { config: trialConfig, percent: trialPercent } }
    : {}),
  since: createdAt.toISOString(),
})

export const presentApp = (
  row: AppRow,
  { origins, live, config }: { origins: string[]; live: ActivationRow; config: AppConfig },
): App => ({
  id: row.id,
  tenantId: row.tenantId,
  name: row.name,
  allowedOrigins: origins,
  live: presentLive(live),
  config,
  createdAt: row.createdAt.toISOString(),
})

export const presentConfig = (row: ConfigRow): ConfigVersion => ({
  id: row.id,
  appId: row.appId,
  number: row.number,
  ...(row.note ? { note: row.note } : {}),
  config: row.config,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
})

/** Do its settings change by the clock alone? */
export const keepsHours = ({ features = {}, businessHours }: AppConfig): boolean =>
  features.chat !== false && features.handoff === true && businessHours !== undefined

/** Why nobody answers at `now`, where messages can be left instead. */
export function awayOf(config: AppConfig, now: number): Pick<Settings, 'away'> {
  const { features = {}, businessHours } = config
  if (features.chat === false) return { away: { reason: 'off' } }
  if (!keepsHours(config) || !businessHours || isOpen(businessHours, now)) return {}
  const { closedMessage: message } = businessHours
  return { away: { reason: 'closed', ...(message === undefined ? {} : { message }) } }
}

/** What anybody may know of an app. Named field by field: the prompt and the model are not among them. */
export const presentSettings = (
  { id, name }: Pick<AppRow, 'id' | 'name'>,
  config: AppConfig,
  now: number,
): Settings => ({
  appId: id,
  name,
  protocolVersion: PROTOCOL_VERSION,
  theme: {
    primary: '#3355dd',
    radius: 16,
    fontScale: 1,
    scheme: 'auto',
    position: 'right',
    zIndex: 2_147_483_000,
    ...config.theme,
  },
  words: { title: name, ...config.words },
  wordsByLocale: config.wordsByLocale ?? {},
  features: {
    chat: true,
    voice: false,
    rooms: false,
    uploads: false,
    handoff: false,
    tools: false,
    sound: false,
    ...config.features,
  },
  suggestedQuestions: config.suggestedQuestions ?? [],
  preChat: config.preChat ?? [],
  ...awayOf(config, now),
  ...(config.locale === undefined ? {} : { locale: config.locale }),
  maxMessageChars: MAX_MESSAGE_CHARS,
})
