import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { Notice } from '@aside/protocol'

/**
 * What was used in a day, UTC: one row for each visitor, and one with `-` for all of the app's visitors together, so that neither
 * budgets nor reports have to add up visitors. `rate_limits`, which only Postgres has, is no entity: it is worth nothing a minute later.
 */
export const UsageDays = defineEntity({
  name: 'UsageDay',
  tableName: 'usage_days',
  properties: {
    tenantId: p.text().primary(),
    day: p.text().primary(),
    visitorId: p.text().primary(),
    appId: p.text().primary(),
    config: p.integer().primary(),
    model: p.text().primary(),
    turns: p.integer(),
    completed: p.integer(),
    stopped: p.integer(),
    interrupted: p.integer(),
    failed: p.integer(),
    inputTokens: p.bigint('number'),
    outputTokens: p.bigint('number'),
    costMillionths: p.bigint('number'),
    estimatedTurns: p.integer(),
  },
})

/** What an owner is told of, each thing once a day. */
export const Notices = defineEntity({
  name: 'NoticeRow',
  tableName: 'notices',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    /** `-` for the tenant's own budget. */
    appId: p.text(),
    kind: p.text().$type<Notice['kind']>(),
    budget: p.text().$type<Notice['budget']>(),
    day: p.text(),
    visitorId: p.text().nullable(),
    createdAt: p.datetime(),
  },
  uniques: [{ name: 'notices_once_unique', properties: ['tenantId', 'appId', 'day', 'budget', 'kind'] }],
})

export type NoticeRow = InferEntity<typeof Notices>
