/** Who asks: a visitor by token, a page by its origin, a backend by its key, the operator by the data folder. */
export { countedGate } from './counted-gate.ts'
export { Sessions, VisitorMerges, Visitors } from './entities.ts'
export { type Addressed, createGate } from './gate.ts'
export { type Addresses, createHosts } from './hosts.ts'
export { createOrigins, type Origins } from './origins.ts'
export { authRoutes } from './routes.ts'
export { createUnused } from './unused.ts'
export { createVisitorSessions, type SessionFacts, type VisitorSessions } from './sessions.ts'
