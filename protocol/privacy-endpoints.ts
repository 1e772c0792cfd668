/** What people are owed: what is kept of them, on paper or gone; and the store's own copy. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { id, Instant } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'

const visitor = v.strictObject({ visitorId: id('visitor') })
const tenant = v.strictObject({ tenantId: id('tenant') })

/** An export is lines of JSON: the head, then one line a row, then the foot. Without its foot it broke off. */
export const ExportLine = v.union([
  v.object({
    export: v.object({
      format: v.literal(1),
      kind: v.picklist(['visitor', 'tenant']),
      id: v.string(),
      at: Instant,
    }),
  }),
  /** A row as it is kept, by the name of its table: without hashes of secrets, and without what is derived from other rows. */
  v.object({ table: v.string(), row: v.record(v.string(), v.unknown()) }),
  v.object({ end: v.object({ rows: v.number() }) }),
])
export type ExportLine = v.InferOutput<typeof ExportLine>

/** How many rows of each table are gone. Nothing where it was erased before. */
export const Erased = v.object({
  id: v.string(),
  rows: v.record(v.string(), v.number()),
  /** False: fragments of deleted rows may lie in a large SQLite file until it is rewritten, when nobody is being answered. */
  isCompacted: v.boolean(),
})
export type Erased = v.InferOutput<typeof Erased>

/** What may not be erased: a visitor with everything, or one conversation. */
export const Hold = v.object({
  id: id('hold'),
  visitorId: id('visitor'),
  /** Absent: all there is of the visitor. */
  conversationId: v.optional(id('conversation')),
  reason: v.string(),
  createdBy: v.string(),
  createdAt: Instant,
})
export type Hold = v.InferOutput<typeof Hold>

export const NewHold = v.pipe(
  v.strictObject({
    visitorId: v.optional(id('visitor')),
    conversationId: v.optional(id('conversation')),
    /** Why, such as the number of a case. Not for what somebody wrote. */
    reason: v.pipe(v.string(), v.trim(), v.minLength(1, 'a reason'), v.maxLength(200, 'at most 200 characters')),
  }),
  v.check(
    ({ visitorId, conversationId }) => (visitorId === undefined) !== (conversationId === undefined),
    'a visitorId or a conversationId',
  ),
)

/** What the retention of an app's live configuration erases, or would. */
export const Retained = v.object({
  appId: id('app'),
  retentionDays: v.number(),
  conversations: v.number(),
  /** Those of whom nothing is left then. */
  visitors: v.number(),
  /** Held, and so kept. */
  held: v.number(),
  /** When the oldest of the conversations last changed. */
  oldest: v.optional(Instant),
})
export type Retained = v.InferOutput<typeof Retained>

export const findVisitors = endpoint({
  method: 'GET',
  path: '/v1/admin/privacy/visitors',
  access: 'secret',
  scope: 'privacy:read',
  summary: 'The visitor that an app’s own backend calls `subject`; none where nobody has signed in as that.',
  query: v.strictObject({
    ...ofTenant,
    appId: id('app'),
    subject: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
  }),
  status: 200,
  reply: v.object({ visitors: v.array(v.object({ id: id('visitor'), appId: id('app'), createdAt: Instant })) }),
})

export const exportVisitor = endpoint({
  method: 'GET',
  path: '/v1/admin/privacy/visitors/:visitorId/export',
  access: 'secret',
  scope: 'privacy:read',
  summary: 'All that is kept of a visitor, in one file, and nothing of anybody else.',
  params: visitor,
  query: v.strictObject(ofTenant),
  status: 200,
  download: { type: 'application/x-ndjson' },
  audit: 'privacy.exported',
})

export const exportTenant = endpoint({
  method: 'GET',
  path: '/v1/admin/privacy/tenants/:tenantId/export',
  access: 'secret',
  scope: 'privacy:read',
  summary: 'All that is kept of a tenant, in one file, without secrets.',
  params: tenant,
  status: 200,
  download: { type: 'application/x-ndjson' },
  audit: 'privacy.exported',
})

export const eraseVisitor = endpoint({
  method: 'DELETE',
  path: '/v1/admin/privacy/visitors/:visitorId',
  access: 'secret',
  scope: 'privacy:write',
  summary:
    'Erases a visitor with everything that hangs on them; what runs is stopped first. Twice is once. `conflict` where something of it is held.',
  params: visitor,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: Erased,
  errors: ['conflict'],
  audit: 'privacy.erased',
})

export const exportMyData = endpoint({
  method: 'GET',
  path: '/v1/visitors/me/export',
  access: 'visitor',
  rate: 'write',
  summary: 'All that is kept of the visitor who asks, in one file.',
  status: 200,
  download: { type: 'application/x-ndjson' },
  audit: 'privacy.exported',
})

export const eraseMyData = endpoint({
  method: 'DELETE',
  path: '/v1/visitors/me',
  access: 'visitor',
  summary:
    'Erases the visitor who asks with everything that hangs on them, in every browser of theirs; the session ends. `conflict` where something of it is held.',
  status: 204,
  errors: ['conflict'],
  audit: 'privacy.erased',
})

export const removeApp = endpoint({
  method: 'DELETE',
  path: '/v1/admin/apps/:appId',
  access: 'secret',
  scope: 'privacy:write',
  summary:
    'Erases an app with its visitors, sources and configurations. Twice is once. `conflict` where something of it is held.',
  params: v.strictObject({ appId: id('app') }),
  query: v.strictObject(ofTenant),
  status: 200,
  reply: Erased,
  errors: ['conflict'],
  audit: 'app.removed',
})

export const eraseTenant = endpoint({
  method: 'DELETE',
  path: '/v1/admin/tenants/:tenantId',
  access: 'operator',
  summary: 'Erases a tenant with everything it has. Twice is once. `conflict` where something of it is held.',
  params: tenant,
  status: 200,
  reply: Erased,
  errors: ['not_found', 'conflict'],
  audit: 'privacy.erased',
})

export const applyRetention = endpoint({
  method: 'POST',
  path: '/v1/admin/privacy/retention',
  access: 'secret',
  scope: 'privacy:write',
  summary:
    'Erases what is older than the live configurations of the tenant’s apps keep it, as the server does every hour. With `dryRun` it only says what that would be.',
  query: v.strictObject(ofTenant),
  body: v.strictObject({ dryRun: v.boolean() }),
  status: 200,
  reply: v.object({ apps: v.array(Retained) }),
  audit: 'privacy.retained',
})

export const createHold = endpoint({
  method: 'POST',
  path: '/v1/admin/privacy/holds',
  access: 'secret',
  scope: 'privacy:write',
  summary: 'Keeps a visitor or a conversation from being erased, until the hold is released.',
  query: v.strictObject(ofTenant),
  body: NewHold,
  status: 201,
  reply: Hold,
  audit: 'privacy.held',
})

export const listHolds = endpoint({
  method: 'GET',
  path: '/v1/admin/privacy/holds',
  access: 'secret',
  scope: 'privacy:read',
  summary: 'What is held, oldest first.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ holds: v.array(Hold), nextCursor }),
})

export const releaseHold = endpoint({
  method: 'DELETE',
  path: '/v1/admin/privacy/holds/:holdId',
  access: 'secret',
  scope: 'privacy:write',
  summary: 'Releases a hold: what it kept may be erased again.',
  params: v.strictObject({ holdId: id('hold') }),
  query: v.strictObject(ofTenant),
  status: 204,
  audit: 'privacy.held',
})

export const backupStore = endpoint({
  method: 'GET',
  path: '/v1/admin/store/backup',
  access: 'operator',
  summary:
    'A checked copy of the SQLite store as it is when asked, while it goes on. `conflict` on Postgres, which has `pg_dump`.',
  status: 200,
  download: { type: 'application/vnd.sqlite3' },
  errors: ['conflict', 'store_full'],
  audit: 'store.backed_up',
})
