/** Tenants, their apps and configurations: whose everything is, where it may be embedded, how it answers. */
export { changesBetween, lockApp } from './configs.ts'
export { Activations, AppOrigins, Apps, ConfigVersions, Tenants } from './entities.ts'
export { type LiveApp, type LiveConfig, placeOf } from './live-app.ts'
export { awayOf, keepsHours, presentSettings } from './present.ts'
export { tenancyRoutes } from './routes.ts'
export { createTenancy, type Tenancy, type TenancyFacts } from './tenancy.ts'
