import type { App, AppConfig, Budget, BudgetStand } from '@aside/protocol'
import { ALL_TENANTS, type Edge, type Page, type PageQuery, type Scope } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import type { NoticeBoard } from './notices.ts'
import { presentStand } from './present.ts'
import { dayOf } from './usage.ts'

export interface Amount {
  tokens: number
  costMillionths: number
}

export interface Whose {
  appId: string
  visitorId: string
  config: AppConfig
}

export interface BudgetState {
  state: 'free' | 'warned' | 'spent'
  /** Once more as much as each budget is not used up either. */
  mayUseSmaller: boolean
}

export interface Budgets {
  /**
   * What the day's budgets of visitor, app and tenant say before a turn, and whoever owns them is told of what they have reached.
   * What runs at this moment is not in it: budgets are overshot by at most that (docs/decisions/0011).
   */
  standing(scope: Scope, whose: Whose): Promise<BudgetState>
  /** The same after a turn, so that its owner is told at once and not when somebody asks the next time. Never rejects. */
  look(scope: Scope, whose: Whose): Promise<void>
  /** What of each budget is used today: the tenant's, then those of a page of apps. */
  today(scope: Scope, query: PageQuery): Promise<Page<BudgetStand> & { day: string }>
}

interface Parts {
  edge: Edge
  tenancy: Tenancy
  notices: NoticeBoard
}

const FRESH_MS = 1_000
const WARN_AT = 0.8
const nothing: Amount = { tokens: 0, costMillionths: 0 }
const unlimited: BudgetState = { state: 'free', mayUseSmaller: true }

/** How much of a budget is used: 1 is all of it, of tokens or of money. */
export function shareOf({ tokensPerDay, moneyPerDay }: Budget, used: Amount): number {
  const share = (amount: number, limit: number | undefined) =>
    limit === undefined ? 0 : limit === 0 ? Infinity : amount / limit
  return Math.max(
    share(used.tokens, tokensPerDay),
    share(used.costMillionths, moneyPerDay === undefined ? undefined : moneyPerDay * 1e6),
  )
}

const hasLimit = (budget: Budget | undefined): budget is Budget =>
  budget !== undefined && (budget.tokensPerDay !== undefined || budget.moneyPerDay !== undefined)

const amountOf = (row: Record<string, unknown>): Amount => ({
  tokens: Number(row['tokens']),
  costMillionths: Number(row['cost']),
})

const plus = (a: Amount, b: Amount): Amount => ({
  tokens: a.tokens + b.tokens,
  costMillionths: a.costMillionths + b.costMillionths,
})

const SUMS = 'sum(input_tokens + output_tokens) as tokens, sum(cost_millionths) as cost'

export function createBudgets({ edge, tenancy, notices }: Parts): Budgets {
  const tenants = new Map<string, { at: number; budget: Budget | undefined }>()

  async function ofTenant(scope: Scope): Promise<Budget | undefined> {
    const { tenantId } = scope
    const now = edge.now()
    const known = tenants.get(tenantId)
    if (known && Math.abs(now - known.at) < FRESH_MS) return known.budget
    const { budget } = await tenancy.readTenant(scope, tenantId)
    if (tenants.size >= 10_000) tenants.clear()
    tenants.set(tenantId, { at: now, budget })
    return budget
  }

  /** Today's sums, by app (and of this visitor, as `visitor`): a row for each configuration and model, so they are few. */
  async function used(scope: Scope, visitorId = '-') {
    const rows = await scope.sql<Record<string, unknown>>(
      `select visitor_id, app_id, ${SUMS} from "usage_days"
       where tenant_id = ? and day = ? and visitor_id in ('-', ?) group by visitor_id, app_id`,
      [dayOf(edge.now()), visitorId],
    )
    const sum = (fits: (row: Record<string, unknown>) => boolean) =>
      rows.filter(fits).map(amountOf).reduce(plus, nothing)
    return {
      tenant: sum((row) => row['visitor_id'] === '-'),
      app: (appId: string) => sum((row) => row['visitor_id'] === '-' && row['app_id'] === appId),
      visitor: (appId: string) => sum((row) => row['visitor_id'] !== '-' && row['app_id'] === appId),
    }
  }

  async function ofApp(scope: Scope, { id: appId, config }: App, amount: Amount): Promise<BudgetStand[]> {
    const { perApp, perVisitor } = config.budgets ?? {}
    const stands: BudgetStand[] = []
    if (hasLimit(perApp)) stands.push(presentStand({ budget: 'app', appId }, perApp, amount, shareOf(perApp, amount)))
    if (hasLimit(perVisitor)) {
      const [most] = await scope.sql<Record<string, unknown>>(
        `select visitor_id, ${SUMS} from "usage_days" where tenant_id = ? and day = ? and app_id = ? and visitor_id <> '-'
         group by visitor_id order by tokens desc, visitor_id limit 1`,
        [dayOf(edge.now()), appId],
      )
      const its = most ? amountOf(most) : nothing
      const whose = { budget: 'visitor' as const, appId, ...(most ? { visitorId: String(most['visitor_id']) } : {}) }
      stands.push(presentStand(whose, perVisitor, its, shareOf(perVisitor, its)))
    }
    return stands
  }

  const budgets: Budgets = {
    async standing(scope, { appId, visitorId, config }) {
      const { perApp, perVisitor } = config.budgets ?? {}
      const perTenant = await ofTenant(scope)
      if (![perApp, perVisitor, perTenant].some(hasLimit)) return unlimited
      const amounts = await used(scope, visitorId)
      const shares = [
        { budget: 'visitor' as const, appId, visitorId, share: shareOf(perVisitor ?? {}, amounts.visitor(appId)) },
        { budget: 'app' as const, appId, share: shareOf(perApp ?? {}, amounts.app(appId)) },
        { budget: 'tenant' as const, share: shareOf(perTenant ?? {}, amounts.tenant) },
      ]
      for (const { share, ...of } of shares) {
        if (share >= WARN_AT) await notices.tell(scope, { ...of, kind: 'budget.warned' })
        if (share >= 1) await notices.tell(scope, { ...of, kind: 'budget.spent' })
      }
      const worst = Math.max(...shares.map((it) => it.share))
      return { state: worst >= 1 ? 'spent' : worst >= WARN_AT ? 'warned' : 'free', mayUseSmaller: worst < 2 }
    },

    async look(scope, whose) {
      try {
        await budgets.standing(scope, whose)
      } catch (error) {
        scope.log.warn('budgets-not-read', { reason: String(error) })
      }
    },

    async today(scope, query) {
      const { items: apps, ...rest } = await tenancy.listApps(scope, query)
      const stands: BudgetStand[] = []
      if (scope.tenantId !== ALL_TENANTS && query.cursor === undefined) {
        const { budget } = await tenancy.readTenant(scope, scope.tenantId)
        const { tenant } = await used(scope)
        if (hasLimit(budget)) stands.push(presentStand({ budget: 'tenant' }, budget, tenant, shareOf(budget, tenant)))
      }
      for (const app of apps) {
        const { perApp, perVisitor } = app.config.budgets ?? {}
        if (!hasLimit(perApp) && !hasLimit(perVisitor)) continue
        const own = scope.of(app.tenantId)
        stands.push(...(await ofApp(own, app, (await used(own)).app(app.id))))
      }
      return { ...rest, items: stands, day: dayOf(edge.now()) }
    },
  }
  return budgets
}
