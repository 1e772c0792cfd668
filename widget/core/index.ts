/** The widget without a face: whatever happens to page, tab or network, its state ends up equal to the server's. */
export { createCore } from './core.ts'
export { type Consent, createConsent } from './consent.ts'
export type { Core, CoreOptions } from './core.ts'
export type { GetToken, Vouching } from './identity.ts'
export { fold } from './fold.ts'
export { initialState, pending } from './state.ts'
export type { Connection, Failure, OutboxItem, Running, State, Thread } from './state.ts'
