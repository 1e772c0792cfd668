import {
  activateConfig,
  createApp,
  createConfig,
  createTenant,
  diffConfigs,
  listApps,
  listConfigs,
  listTenants,
  readApp,
  readConfig,
  readTenant,
  rollbackConfig,
  type Tenant,
  updateApp,
  updateTenant,
} from '@aside/protocol'
import { type Call, type Route, serve } from '../platform/index.ts'
import { tenantVersion } from './present.ts'
import type { Tenancy, Versioned } from './tenancy.ts'

export function tenancyRoutes(tenancy: Tenancy): Route[] {
  const { configs } = tenancy
  const show = (call: Pick<Call<typeof readApp>, 'version'>, { app, version }: Versioned) => {
    call.version(version)
    return app
  }
  const showTenant = (call: Pick<Call<typeof readTenant>, 'version'>, tenant: Tenant) => {
    call.version(tenantVersion(tenant))
    return tenant
  }
  return [
    serve(createTenant, ({ scope, body }) => tenancy.createTenant(scope, body)),
    serve(listTenants, async ({ scope, query }) => {
      const { items, ...rest } = await tenancy.listTenants(scope, query)
      return { tenants: items, ...rest }
    }),
    serve(readTenant, async (call) => showTenant(call, await tenancy.readTenant(call.scope, call.params.tenantId))),
    serve(updateTenant, async (call) =>
      showTenant(call, await tenancy.updateTenant(call.scope, call.params.tenantId, call.body, call.expected)),
    ),
    serve(createApp, ({ scope, body }) => tenancy.createApp(scope, body)),
    serve(listApps, async ({ scope, query }) => {
      const { items, ...rest } = await tenancy.listApps(scope, query)
      return { apps: items, ...rest }
    }),
    serve(readApp, async (call) => show(call, await tenancy.readApp(call.scope, call.params.appId))),
    serve(updateApp, async (call) =>
      show(call, await tenancy.updateApp(call.scope, call.params.appId, call.body, call.expected)),
    ),
    serve(createConfig, ({ scope, query, body }) => configs.create(scope, query.appId, body)),
    serve(listConfigs, async ({ scope, query }) => {
      const { items, ...rest } = await configs.list(scope, query.appId, query)
      return { configs: items, ...rest }
    }),
    serve(readConfig, ({ scope, params }) => configs.read(scope, params.configId)),
    serve(diffConfigs, async ({ scope, params, query }) => ({
      changes: await configs.diff(scope, params.configId, query.against),
    })),
    serve(activateConfig, async (call) => {
      await configs.activate(call.scope, call.params.appId, call.body, call.expected)
      return show(call, await tenancy.readApp(call.scope, call.params.appId))
    }),
    serve(rollbackConfig, async (call) => {
      await configs.rollBack(call.scope, call.params.appId, call.expected)
      return show(call, await tenancy.readApp(call.scope, call.params.appId))
    }),
  ]
}
