/** Knowledge: an app's documents as passages; a question finds the right ones, of this app and of no other. */
export { ANSWERING, CONFIDENT } from './coverage.ts'
export { Chunks, KnowledgeHeads, Sources } from './entities.ts'
export { createKnowledge, type Found, type Knowledge, type SearchInput } from './knowledge.ts'
export { knowledgeRoutes } from './routes.ts'
export { type Quote, quote, type Quoted } from './sentences.ts'
