import type { Budget, BudgetStand, Notice, UsageRow } from '@aside/protocol'
import type { Amount } from './budgets.ts'
import type { NoticeRow } from './entities.ts'

/** Sums of whole numbers come as text from Postgres. */
export const presentUsage = (row: Record<string, unknown>): UsageRow => ({
  ...(row['day'] === undefined ? {} : { day: String(row['day']) }),
  ...(row['app_id'] === undefined ? {} : { appId: String(row['app_id']) }),
  ...(row['model'] === undefined ? {} : { model: String(row['model']) }),
  ...(row['config'] === undefined ? {} : { config: Number(row['config']) }),
  ...(row['visitor_id'] === undefined ? {} : { visitorId: String(row['visitor_id']) }),
  turns: Number(row['turns']),
  completed: Number(row['completed']),
  stopped: Number(row['stopped']),
  interrupted: Number(row['interrupted']),
  failed: Number(row['failed']),
  inputTokens: Number(row['input_tokens']),
  outputTokens: Number(row['output_tokens']),
  costMillionths: Number(row['cost_millionths']),
  estimatedTurns: Number(row['estimated_turns']),
})

export const presentStand = (
  of: Pick<BudgetStand, 'budget' | 'appId' | 'visitorId'>,
  budget: Budget,
  used: Amount,
  share: number,
): BudgetStand => ({
  ...of,
  tokens: used.tokens,
  costMillionths: used.costMillionths,
  ...(budget.tokensPerDay === undefined ? {} : { tokensPerDay: budget.tokensPerDay }),
  ...(budget.moneyPerDay === undefined ? {} : { moneyPerDay: budget.moneyPerDay }),
  // Of nothing, everything is used.
  percent: Number.isFinite(share) ? Math.floor(share * 100) : 100,
  state: share >= 1 ? 'spent' : share >= 0.8 ? 'warned' : 'free',
})

export const presentNotice = (row: NoticeRow): Notice => ({
  id: row.id,
  at: row.createdAt.toISOString(),
  day: row.day,
  kind: row.kind,
  budget: row.budget,
  ...(row.appId === '-' ? {} : { appId: row.appId }),
  ...(row.visitorId ? { visitorId: row.visitorId } : {}),
})
