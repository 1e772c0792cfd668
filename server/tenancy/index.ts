/** Tenants and their apps: whose everything is, and where it may be embedded. */
export { AppOrigins, Apps, Tenants } from './entities.ts'
export { presentSettings } from './present.ts'
export { tenancyRoutes } from './routes.ts'
export { createTenancy, type LiveApp, type Tenancy } from './tenancy.ts'
