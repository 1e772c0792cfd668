/** What was used, what of each budget is left, and what the owner should know of it. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { id, Instant } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'

/** A day, UTC. */
const Day = v.pipe(v.string(), v.isoDate('a day like 2026-01-31'))

/** Turns by how they ended, and what they used. A row's own day, app, model … are there where it is told apart by them. */
export const UsageRow = v.object({
  day: v.optional(Day),
  appId: v.optional(id('app')),
  /** `local` and `message` use no tokens. */
  model: v.optional(v.string()),
  /** The number of the app's configuration that it was answered with. */
  config: v.optional(v.number()),
  visitorId: v.optional(id('visitor')),
  turns: v.number(),
  completed: v.number(),
  stopped: v.number(),
  interrupted: v.number(),
  failed: v.number(),
  inputTokens: v.number(),
  outputTokens: v.number(),
  /** In millionths of the currency of the app's prices. */
  costMillionths: v.number(),
  /** Of the turns, those whose tokens the provider did not count: their characters divided by four. */
  estimatedTurns: v.number(),
})
export type UsageRow = v.InferOutput<typeof UsageRow>

export const usageBy = ['day', 'app', 'model', 'config', 'visitor'] as const
export type UsageBy = (typeof usageBy)[number]

export const BudgetStand = v.object({
  budget: v.picklist(['tenant', 'app', 'visitor']),
  /** Absent for the tenant's. */
  appId: v.optional(id('app')),
  /** For `visitor`: the one who has used most, for who has `privacy:read`. */
  visitorId: v.optional(id('visitor')),
  tokens: v.number(),
  costMillionths: v.number(),
  tokensPerDay: v.optional(v.number()),
  moneyPerDay: v.optional(v.number()),
  /** Of tokens or money, whichever is nearer to its end. */
  percent: v.number(),
  state: v.picklist(['free', 'warned', 'spent']),
})
export type BudgetStand = v.InferOutput<typeof BudgetStand>

export const Notice = v.object({
  id: id('notice'),
  at: Instant,
  day: Day,
  kind: v.picklist(['budget.warned', 'budget.spent']),
  budget: v.picklist(['tenant', 'app', 'visitor']),
  appId: v.optional(id('app')),
  /** For `visitor`: the first one of the day, for who has `privacy:read`. */
  visitorId: v.optional(id('visitor')),
})
export type Notice = v.InferOutput<typeof Notice>

export const readUsage = endpoint({
  method: 'GET',
  path: '/v1/admin/usage',
  access: 'secret',
  scope: 'usage:read',
  summary:
    'Turns, tokens and cost, added up. Visitors are told apart for 90 days, everything else for ever, and for who has the scope `privacy:read` as well: `scope_missing` for `by=visitor` without.',
  query: v.strictObject({
    ...ofTenant,
    appId: v.optional(id('app')),
    /** Both are included; by default the last 30 days. */
    from: v.optional(Day),
    to: v.optional(Day),
    by: v.optional(v.picklist(usageBy, 'day, app, model, config or visitor'), 'day'),
    ...page,
  }),
  status: 200,
  reply: v.object({ usage: v.array(UsageRow), from: Day, to: Day, nextCursor }),
})

export const readUsageToday = endpoint({
  method: 'GET',
  path: '/v1/admin/usage/today',
  access: 'secret',
  scope: 'usage:read',
  summary: 'What of each budget is used today, UTC: the tenant’s, then those of the apps on this page.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ day: Day, budgets: v.array(BudgetStand), nextCursor }),
})

export const listNotices = endpoint({
  method: 'GET',
  path: '/v1/admin/notices',
  access: 'secret',
  scope: 'usage:read',
  summary: 'Budgets that have reached 80 or 100 % of a day, the newest first: each once a day.',
  query: v.strictObject({ ...ofTenant, ...page }),
  status: 200,
  reply: v.object({ notices: v.array(Notice), nextCursor }),
})
