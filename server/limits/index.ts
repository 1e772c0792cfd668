/** How much: requests in a moment, tokens and money in a day, and a ledger of what was used, written with the turn it tells of. */
export type { Budgets, BudgetState } from './budgets.ts'
export { Notices, UsageDays } from './entities.ts'
export { createLimits, type Limits } from './limits.ts'
export { type Asking, createRates, rateHeaders, type Rates, type Standing, tooOften } from './rates.ts'
export { createLedger, type Ledger, type Reckoning, reckoningOf } from './usage.ts'
