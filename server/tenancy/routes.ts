import { createApp, createTenant, listApps, listTenants, readApp } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Tenancy } from './tenancy.ts'

export const tenancyRoutes = (tenancy: Tenancy): Route[] => [
  serve(createTenant, ({ scope, body }) => tenancy.createTenant(scope, body)),
  serve(listTenants, async ({ scope }) => ({ tenants: await tenancy.listTenants(scope) })),
  serve(createApp, ({ scope, body }) => tenancy.createApp(scope, body)),
  serve(listApps, async ({ scope }) => ({ apps: await tenancy.listApps(scope) })),
  serve(readApp, ({ scope, params }) => tenancy.readApp(scope, params.appId)),
]
