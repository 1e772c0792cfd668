import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { AppConfig } from '@aside/protocol'

export const Tenants = defineEntity({
  name: 'Tenant',
  tableName: 'tenants',
  properties: {
    id: p.text().primary(),
    name: p.text(),
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
    config: p.json<AppConfig>(),
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

export type TenantRow = InferEntity<typeof Tenants>
export type AppRow = InferEntity<typeof Apps>
