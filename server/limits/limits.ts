import type { Audit } from '../audit/index.ts'
import type { Db, Edge, Log, RateTable, Route } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { type Budgets, createBudgets } from './budgets.ts'
import { createNotices } from './notices.ts'
import { createRates, type Rates } from './rates.ts'
import { limitRoutes } from './routes.ts'
import { createLedger, type Ledger } from './usage.ts'

export interface Limits {
  readonly rates: Rates
  readonly ledger: Ledger
  readonly budgets: Budgets
  readonly routes: Route[]
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  /** Absent: everybody may ask as often as they like. Budgets hold all the same. */
  table: RateTable | undefined
}

export function createLimits({ db, edge, log, audit, tenancy, table }: Parts): Limits {
  const ledger = createLedger({ db, edge, log, tenancy })
  const notices = createNotices({ edge, audit })
  const budgets = createBudgets({ edge, tenancy, notices })
  const rates = createRates({ db, log, table })
  return { rates, ledger, budgets, routes: limitRoutes({ ledger, budgets, notices, audit }) }
}
