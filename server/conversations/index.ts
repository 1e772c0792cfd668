/** Conversations: messages in one order, each stored once, each answered once, by whoever has the floor. */
export { adoptLast } from './adoption.ts'
export { type ConversationFacts, createThreads, type Threads } from './conversations.ts'
export { createDrafts, type Drafted, type Drafts } from './drafts.ts'
export {
  Conversations,
  Drafts as DraftTable,
  Grounds,
  type MessageRow,
  type Offers,
  Messages,
  Processes,
  type StoredCall,
  type TurnRow,
  Turns,
} from './entities.ts'
export { createLeases, type Leases } from './leases.ts'
export { createOpinions, type Opinions } from './opinions.ts'
export { createReading, type Reading } from './reading.ts'
export { conversationRoutes } from './routes.ts'
export { createToolCalls } from './tool-calls.ts'
export { createTurnLife } from './turns.ts'
export type { Begun, Ending, TurnLife } from './turn-life.ts'
