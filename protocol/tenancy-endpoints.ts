/** Tenants, apps and their configurations, keys, and the log of what was done to them. */
import * as v from 'valibot'
import {
  Activation,
  App,
  AppChanges,
  ConfigChange,
  ConfigVersion,
  Key,
  KeyCreated,
  NewApp,
  NewConfig,
  NewKey,
  NewTenant,
  Rotation,
  Tenant,
  TenantChanges,
} from './admin-resources.ts'
import { AuditAction, AuditEntry } from './audit.ts'
import { endpoint } from './endpoint.ts'
import { id, Instant } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'

const tenant = v.strictObject({ tenantId: id('tenant') })
const app = v.strictObject({ appId: id('app') })
const config = v.strictObject({ configId: id('config') })
const key = v.strictObject({ keyId: id('key') })

export const createTenant = endpoint({
  method: 'POST',
  path: '/v1/admin/tenants',
  access: 'operator',
  summary: 'Creates a tenant.',
  body: NewTenant,
  status: 201,
  reply: Tenant,
  audit: 'tenant.created',
})

export const listTenants = endpoint({
  method: 'GET',
  path: '/v1/admin/tenants',
  access: 'secret',
  scope: 'tenant:read',
  summary: 'All tenants, oldest first, for the operator; for everybody else their own.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ tenants: v.array(Tenant), nextCursor }),
})

export const readTenant = endpoint({
  method: 'GET',
  path: '/v1/admin/tenants/:tenantId',
  access: 'secret',
  scope: 'tenant:read',
  summary: 'One tenant.',
  params: tenant,
  status: 200,
  reply: Tenant,
  versioned: true,
})

export const updateTenant = endpoint({
  method: 'PATCH',
  path: '/v1/admin/tenants/:tenantId',
  access: 'secret',
  scope: 'tenant:write',
  summary:
    'Changes what is given of a tenant. Its budget is set by the operator: `forbidden` for another one from anybody else.',
  params: tenant,
  body: TenantChanges,
  status: 200,
  reply: Tenant,
  versioned: true,
  errors: ['forbidden'],
  audit: 'tenant.updated',
})

export const createApp = endpoint({
  method: 'POST',
  path: '/v1/admin/apps',
  access: 'secret',
  scope: 'apps:write',
  summary: 'Creates an app, with its first configuration live.',
  query: v.strictObject(ofTenant),
  body: NewApp,
  status: 201,
  reply: App,
  audit: 'app.created',
})

export const listApps = endpoint({
  method: 'GET',
  path: '/v1/admin/apps',
  access: 'secret',
  scope: 'apps:read',
  summary: 'All apps of the tenant, oldest first.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ apps: v.array(App), nextCursor }),
})

export const readApp = endpoint({
  method: 'GET',
  path: '/v1/admin/apps/:appId',
  access: 'secret',
  scope: 'apps:read',
  summary: 'One app.',
  params: app,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: App,
  versioned: true,
})

export const updateApp = endpoint({
  method: 'PATCH',
  path: '/v1/admin/apps/:appId',
  access: 'secret',
  scope: 'apps:write',
  summary: 'Changes what is given of an app: its name, the origins it may be embedded on.',
  params: app,
  query: v.strictObject(ofTenant),
  body: AppChanges,
  status: 200,
  reply: App,
  versioned: true,
  audit: 'app.updated',
})

export const createConfig = endpoint({
  method: 'POST',
  path: '/v1/admin/configs',
  access: 'secret',
  scope: 'apps:write',
  summary:
    'Creates the next configuration of an app. Nobody sees it before it is activated. `conflict` past a thousand, for all but the operator.',
  query: v.strictObject({ ...ofTenant, appId: id('app') }),
  body: NewConfig,
  status: 201,
  reply: ConfigVersion,
  errors: ['conflict'],
  audit: 'config.created',
})

export const listConfigs = endpoint({
  method: 'GET',
  path: '/v1/admin/configs',
  access: 'secret',
  scope: 'apps:read',
  summary: 'The configurations of an app, the newest first.',
  query: v.strictObject({ ...ofTenant, appId: id('app'), ...page }),
  status: 200,
  reply: v.object({ configs: v.array(ConfigVersion), nextCursor }),
})

export const readConfig = endpoint({
  method: 'GET',
  path: '/v1/admin/configs/:configId',
  access: 'secret',
  scope: 'apps:read',
  summary: 'One configuration.',
  params: config,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: ConfigVersion,
})

export const diffConfigs = endpoint({
  method: 'GET',
  path: '/v1/admin/configs/:configId/diff',
  access: 'secret',
  scope: 'apps:read',
  summary: 'What this configuration has differently from `against`, another one of the same app.',
  params: config,
  query: v.strictObject({ ...ofTenant, against: id('config') }),
  status: 200,
  reply: v.object({ changes: v.array(ConfigChange) }),
})

export const activateConfig = endpoint({
  method: 'PUT',
  path: '/v1/admin/apps/:appId/live',
  access: 'secret',
  scope: 'apps:write',
  summary:
    'From now on the app answers with this configuration, or with two, of which `trial` is for a share of the visitors. Those who are connected are told.',
  params: app,
  query: v.strictObject(ofTenant),
  body: Activation,
  status: 200,
  reply: App,
  versioned: true,
  errors: ['conflict'],
  audit: 'config.activated',
})

export const rollbackConfig = endpoint({
  method: 'POST',
  path: '/v1/admin/apps/:appId/rollback',
  access: 'secret',
  scope: 'apps:write',
  summary: 'Goes back to what was live before; once more goes one further. `conflict` where there is nothing before.',
  params: app,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: App,
  versioned: true,
  errors: ['conflict'],
  audit: 'config.activated',
})

export const createKey = endpoint({
  method: 'POST',
  path: '/v1/admin/keys',
  access: 'secret',
  scope: 'keys:write',
  summary: 'Creates a key. The answer is the only place that shows it.',
  query: v.strictObject(ofTenant),
  body: NewKey,
  status: 201,
  reply: KeyCreated,
  audit: 'key.created',
})

export const listKeys = endpoint({
  method: 'GET',
  path: '/v1/admin/keys',
  access: 'secret',
  scope: 'keys:read',
  summary: 'All keys of the tenant, newest first, without their secrets.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ keys: v.array(Key), nextCursor }),
})

export const rotateKey = endpoint({
  method: 'POST',
  path: '/v1/admin/keys/:keyId/rotate',
  access: 'secret',
  scope: 'keys:write',
  summary:
    'Makes a key in the place of this one, which stays good for `overlapHours`; 0 ends it at once, with every session that was started with it. `conflict` where it is not good any more.',
  params: key,
  query: v.strictObject(ofTenant),
  body: Rotation,
  status: 201,
  reply: KeyCreated,
  errors: ['conflict'],
  audit: 'key.rotated',
})

export const revokeKey = endpoint({
  method: 'DELETE',
  path: '/v1/admin/keys/:keyId',
  access: 'secret',
  scope: 'keys:write',
  summary: 'Revokes a key at once, with every session that was started with it. Twice is once.',
  params: key,
  query: v.strictObject(ofTenant),
  status: 204,
  audit: 'key.revoked',
})

export const listAudit = endpoint({
  method: 'GET',
  path: '/v1/admin/audit',
  access: 'secret',
  scope: 'audit:read',
  summary: 'What was done, the newest first; from which address, for who has the scope `privacy:read` as well.',
  query: v.strictObject({
    ...ofTenant,
    action: v.optional(AuditAction),
    /** The id of a key, agent or visitor. */
    actor: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{3}_[0-9a-z]{26}$/, 'an id'))),
    target: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{3}_[0-9a-z]{26}$/, 'an id'))),
    since: v.optional(Instant),
    ...page,
  }),
  status: 200,
  reply: v.object({ entries: v.array(AuditEntry), nextCursor }),
})
