/** An app as requests need it, read once a second at most. */
import { createHash } from 'node:crypto'
import type { AppConfig, IdentityMode, WidgetChoice } from '@aside/protocol'
import type { ActivationRow, AppRow } from './entities.ts'
import { allows } from './origin-rules.ts'
import { newest } from './widget-choices.ts'

export interface LiveConfig {
  readonly number: number
  readonly config: AppConfig
}

export interface LiveApp {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly version: number
  /** What it asks of its visitors. */
  readonly identityMode: IdentityMode
  readonly allowedOrigins: ReadonlySet<string>
  /** Which version of the widget its visitors get. */
  readonly widget: WidgetChoice
  /** What everybody gets who is not in the trial, and whoever is not known yet. */
  readonly live: LiveConfig
  readonly trial: (LiveConfig & { readonly percent: number }) | undefined
  allows(origin: string): boolean
  /** Of the two configurations that share the visitors, always the same one for the same visitor. */
  configOf(visitorId: string): LiveConfig
}

/**
 * Somebody's place from 0 to 99 in a trial of an app. Another trial puts people in another order, so that not always the same ones are
 * tried on; a greater share keeps those who were in already.
 */
export function placeOf(who: string, appId: string, trial: number | string): number {
  const hash = createHash('sha256').update(`${appId}\n${trial}\n${who}`).digest()
  return hash.readUInt32BE(0) % 100
}

export function createLiveApp(
  row: AppRow,
  origins: string[],
  activation: ActivationRow,
  configs: ReadonlyMap<number, AppConfig>,
): LiveApp {
  const numbered = (number: number): LiveConfig => ({ number, config: configs.get(number) ?? {} })
  const live = numbered(activation.config)
  const { trialConfig, trialPercent } = activation
  const trial =
    typeof trialConfig === 'number' && typeof trialPercent === 'number'
      ? { ...numbered(trialConfig), percent: trialPercent }
      : undefined
  const allowedOrigins = new Set(origins)
  return {
    id: row.id,
    tenantId: row.tenantId,
    name: row.name,
    version: row.version,
    identityMode: row.identityMode,
    allowedOrigins,
    widget: row.widget ?? newest,
    live,
    trial,
    allows: (origin) => allows(allowedOrigins, origin),
    configOf: (visitorId) => (trial && placeOf(visitorId, row.id, trial.number) < trial.percent ? trial : live),
  }
}
