/** The customers themselves: what they are called, and what the operator of the server lets them use. */
import { type Budget, Fault, type Tenant } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import {
  ALL_TENANTS,
  type Edge,
  mustBe,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import { Tenants as TenantTable } from './entities.ts'
import { presentTenant, tenantVersion } from './present.ts'

const rows = rowsOf(TenantTable)

export interface Tenants {
  createTenant(scope: Scope, input: { name: string; budget?: Budget | undefined }): Promise<Tenant>
  /** All of them for who acts across tenants; else the one that is acted in. */
  listTenants(scope: Scope, query: PageQuery): Promise<Page<Tenant>>
  /** Throws `not_found`. */
  readTenant(scope: Scope, tenantId: string): Promise<Tenant>
  /**
   * Throws `not_found`, `precondition_failed` where the tenant is not at the `expected` version, and `forbidden` for another budget
   * from whom it limits.
   */
  updateTenant(
    scope: Scope,
    tenantId: string,
    changes: { name?: string | undefined; budget?: Budget | undefined },
    expected?: number,
  ): Promise<Tenant>
}

const isSame = (a: Budget, b: Budget) => a.tokensPerDay === b.tokensPerDay && a.moneyPerDay === b.moneyPerDay

export function createTenants({ edge, audit }: { edge: Edge; audit: Audit }): Tenants {
  const noTenant = () => new Fault('not_found', 'No such tenant')

  /** The budget is what the operator pays for: whom it holds back does not lift it. The same one again is no change. */
  async function mustSetBudget(tx: Scope, before: Budget, after: Budget): Promise<void> {
    const { kind } = tx.actor
    if (kind === 'operator' || kind === 'system' || isSame(before, after)) return
    await audit.refused(tx, { action: 'access.refused', target: tx.tenantId, detail: { change: 'budget' } })
    throw new Fault('forbidden', 'The budget of a tenant is set by the operator of the server: ask them', {
      issues: [{ path: 'body.budget', message: 'only the operator of the server may change it' }],
    })
  }

  return {
    createTenant: (scope, { name, budget }) =>
      scope.transaction(async (tx) => {
        const row = { id: newId('tenant'), name, budget: budget ?? null, createdAt: new Date(edge.now()) }
        await rows.insert(tx, row)
        await audit.record(tx.of(row.id), { action: 'tenant.created', target: row.id })
        return presentTenant(row)
      }),

    async listTenants(scope, query) {
      const own = scope.tenantId === ALL_TENANTS ? undefined : scope.tenantId
      const page = await pageOf(scope, 'tenants', query, (after, limit) =>
        rows.find(
          scope,
          { id: own ?? (after === undefined ? undefined : { gt: after }) },
          { orderBy: { id: 'asc' }, limit },
        ),
      )
      return { ...page, items: page.items.map(presentTenant) }
    },

    async readTenant(scope, tenantId) {
      const row = await rows.one(scope, { id: tenantId })
      if (!row) throw noTenant()
      return presentTenant(row)
    },

    updateTenant: (scope, tenantId, changes, expected) =>
      scope.transaction(async (tx) => {
        const row = await rows.one(tx, { id: tenantId }, { lock: true })
        if (!row) throw noTenant()
        if (changes.budget) await mustSetBudget(tx.of(tenantId), row.budget ?? {}, changes.budget)
        mustBe(expected, tenantVersion(row))
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
        if (Object.keys(given).length > 0) await rows.update(tx, { id: tenantId }, given)
        await audit.record(tx.of(tenantId), {
          action: 'tenant.updated',
          target: tenantId,
          detail: { changed: Object.keys(given).join(' ') },
        })
        return presentTenant({ ...row, ...given })
      }),
  }
}
