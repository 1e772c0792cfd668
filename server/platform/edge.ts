/** The world outside, as one object: what tests may replace, and nothing else. */
import { isInTransaction } from './db.ts'

export interface Edge {
  now(): number
  /** Every outgoing HTTP request goes through here. Throws inside a transaction: the store would wait for the network. */
  fetch: typeof fetch
}

export const createEdge = (given: Partial<Edge> = {}): Edge => ({
  now: given.now ?? Date.now,
  fetch: async (input, init) => {
    if (isInTransaction()) throw new Error('The network was asked inside a transaction')
    return (given.fetch ?? fetch)(input, init)
  },
})
