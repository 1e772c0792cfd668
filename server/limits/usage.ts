import * as v from 'valibot'
import { type AppConfig, Fault, type TurnStatus, type Usage, type UsageBy, type UsageRow } from '@aside/protocol'
import {
  acrossTenants,
  ALL_TENANTS,
  type Db,
  type Edge,
  type Log,
  type Page,
  type PageQuery,
  pageOf,
  type Scope,
} from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { presentUsage } from './present.ts'

/** How a turn will be counted, by whomever it is ended: fixed when it begins, for prices and configurations change. */
export interface Reckoning {
  /** Characters of the prompt divided by four: what counts where the provider does not say. */
  promptTokens: number
  inputPerMillion: number
  outputPerMillion: number
}

/** Models of our own, which use no tokens. */
const free = new Set(['local', 'message'])
const tokensIn = (chars: number) => Math.ceil(chars / 4)

/** Null for a model that uses no tokens. */
export function reckoningOf(config: AppConfig, model: string, promptChars: number): Reckoning | null {
  if (free.has(model)) return null
  const price = Object.hasOwn(config.budgets?.prices ?? {}, model) ? config.budgets?.prices?.[model] : undefined
  return {
    promptTokens: tokensIn(promptChars),
    inputPerMillion: price?.inputPerMillion ?? 0,
    outputPerMillion: price?.outputPerMillion ?? 0,
  }
}

export interface Used {
  appId: string
  visitorId: string
  config?: number | null | undefined
  model: string
  status: Extract<TurnStatus, 'completed' | 'stopped' | 'interrupted' | 'failed'>
  reckoning?: Reckoning | null | undefined
  /** As the provider counted. */
  usage?: Usage | undefined
  text: string
}

export interface UsageQuery extends PageQuery {
  appId?: string | undefined
  from?: string | undefined
  to?: string | undefined
  by: UsageBy
}

export interface Ledger {
  /** Counts a turn, in the transaction that ends it: so it is counted once, whatever happens to the process. */
  record(tx: Scope, used: Used): Promise<void>
  /** Throws `not_found` for an app of somebody else. */
  read(scope: Scope, query: UsageQuery): Promise<Page<UsageRow> & { from: string; to: string }>
  /** Visitors are told apart for 90 days. */
  prune(): Promise<void>
}

const DAY_MS = 86_400_000
const KEEP_VISITORS_DAYS = 90

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const keys = ['tenant_id', 'day', 'visitor_id', 'app_id', 'config', 'model']
const sums = [
  'turns',
  'completed',
  'stopped',
  'interrupted',
  'failed',
  'input_tokens',
  'output_tokens',
  'cost_millionths',
  'estimated_turns',
]
const marks = `(${[...keys, ...sums].map(() => '?').join(', ')})`
const insert = `insert into "usage_days" (${[...keys, ...sums].join(', ')}) values ${marks}, ${marks}
  on conflict (${keys.join(', ')}) do update set ${sums.map((it) => `${it} = "usage_days".${it} + excluded.${it}`).join(', ')}`
const totals = sums.map((it) => `sum(${it}) as ${it}`).join(', ')

/** By what a row is told apart, which is also the order of the rows. */
const columnsOf: Record<UsageBy, string[]> = {
  day: ['day'],
  app: ['app_id'],
  model: ['model'],
  config: ['app_id', 'config'],
  visitor: ['app_id', 'visitor_id'],
}

/** What the model was asked for and what it cost. A turn that failed without a word is taken not to have been served. */
function tokensOf({ reckoning, usage, status, text }: Used): Usage & { isEstimated: boolean } {
  if (!reckoning || (!usage && status === 'failed')) return { inputTokens: 0, outputTokens: 0, isEstimated: false }
  if (usage) return { ...usage, isEstimated: false }
  return { inputTokens: reckoning.promptTokens, outputTokens: tokensIn(text.length), isEstimated: true }
}

export function createLedger({ db, edge, log, tenancy }: { db: Db; edge: Edge; log: Log; tenancy: Tenancy }): Ledger {
  return {
    async record(tx, used) {
      const { inputTokens, outputTokens, isEstimated } = tokensOf(used)
      const { inputPerMillion = 0, outputPerMillion = 0 } = used.reckoning ?? {}
      const is = (status: Used['status']) => Number(used.status === status)
      const counts = [
        1,
        is('completed'),
        is('stopped'),
        is('interrupted'),
        is('failed'),
        inputTokens,
        outputTokens,
        Math.round(inputTokens * inputPerMillion + outputTokens * outputPerMillion),
        Number(isEstimated),
      ]
      const rowOf = (visitorId: string) => [
        tx.tenantId,
        dayOf(edge.now()),
        visitorId,
        used.appId,
        used.config ?? 0,
        used.model,
        ...counts,
      ]
      // The app's row last: all of its turns meet there.
      await tx.execute(insert, [...rowOf(used.visitorId), ...rowOf('-')])
    },

    async read(scope, { appId, by, from, to, ...query }) {
      if (appId !== undefined) await tenancy.readApp(scope, appId)
      const last = to ?? dayOf(edge.now())
      const first = from ?? dayOf(Date.parse(last) - 29 * DAY_MS)
      const columns = columnsOf[by]
      const found = await pageOf(
        scope,
        `usage ${by} ${appId ?? ''} ${first} ${last}`,
        query,
        async (after, limit) => {
          const conditions = ['day >= ?', 'day <= ?', by === 'visitor' ? "visitor_id <> '-'" : "visitor_id = '-'"]
          const values: unknown[] = [first, last]
          if (scope.tenantId !== ALL_TENANTS) {
            conditions.unshift('tenant_id = ?')
            values.unshift(scope.tenantId)
          }
          if (appId !== undefined) {
            conditions.push('app_id = ?')
            values.push(appId)
          }
          if (after !== undefined) {
            conditions.push(`(${columns.join(', ')}) > (${columns.map(() => '?').join(', ')})`)
            values.push(...placeOf(after, columns.length))
          }
          const list = columns.join(', ')
          const { rows } = await scope.execute(
            `select ${list}, ${totals} from "usage_days" where ${conditions.join(' and ')}
             group by ${list} order by ${list} limit ${Math.trunc(limit)}`,
            values,
          )
          return rows
        },
        (row) => JSON.stringify(columns.map((it) => row[it])),
      )
      return { ...found, items: found.items.map(presentUsage), from: first, to: last }
    },

    async prune() {
      await acrossTenants(db, log).execute(`delete from "usage_days" where visitor_id <> '-' and day < ?`, [
        dayOf(edge.now() - KEEP_VISITORS_DAYS * DAY_MS),
      ])
    },
  }
}

/** Where a page goes on: what was made up is none of our cursors. */
function placeOf(after: string, length: number): (string | number)[] {
  try {
    const Place = v.pipe(v.array(v.union([v.string(), v.number()])), v.length(length))
    return v.parse(Place, JSON.parse(after))
  } catch (cause) {
    const message = 'not a nextCursor of this list'
    throw new Fault('invalid_input', `query.cursor: ${message}`, { cause, issues: [{ path: 'query.cursor', message }] })
  }
}
