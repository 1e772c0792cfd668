import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { AppConfig, Budget, IdentityMode, WidgetChoice } from '@aside/protocol'

export const Tenants = defineEntity({
  name: 'Tenant',
  tableName: 'tenants',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    budget: p.json<Budget>().nullable(),
    createdAt: p.datetime(),
  },
})

export const Apps = defineEntity({
  name: 'App',
  tableName: 'apps',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    name: p.text(),
    /** Raised with every change of the app or of what is live: its `ETag`, and how other processes see a change. */
    version: p.integer().default(1),
    /** What it asks of its visitors. */
    identityMode: p.text().$type<IdentityMode>().default('off'),
    /** Which version of the widget its visitors get; null: always the newest. */
    widget: p.json<WidgetChoice>().nullable(),
    createdAt: p.datetime(),
  },
})

/** One row an allowed origin, so that a preflight, which names no app, can be answered by one indexed look. */
export const AppOrigins = defineEntity({
  name: 'AppOrigin',
  tableName: 'app_origins',
  properties: {
    appId: p.text().primary(),
    origin: p.text().primary(),
    tenantId: p.text(),
  },
})

/** Never changed, never deleted while its app is there. */
export const ConfigVersions = defineEntity({
  name: 'ConfigVersion',
  tableName: 'config_versions',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    number: p.integer(),
    config: p.json<AppConfig>(),
    note: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
  },
  uniques: [{ name: 'config_versions_number_unique', properties: ['appId', 'number'] }],
})

/** What was live, from when on: the last row of an app is what is live now. */
export const Activations = defineEntity({
  name: 'Activation',
  tableName: 'activations',
  properties: {
    appId: p.text().primary(),
    number: p.integer().primary(),
    tenantId: p.text(),
    config: p.integer(),
    trialConfig: p.integer().nullable(),
    trialPercent: p.integer().nullable(),
    /** The activation a roll-back from here goes to. */
    before: p.integer().nullable(),
    createdAt: p.datetime(),
  },
})

export type TenantRow = InferEntity<typeof Tenants>
export type AppRow = InferEntity<typeof Apps>
export type ConfigRow = InferEntity<typeof ConfigVersions>
export type ActivationRow = InferEntity<typeof Activations>
