/** Knowledge: placeholder until the database half stands. */
import { defineEntity, p } from '@mikro-orm/core'
import type { Hit } from '@aside/protocol'
import type { Route, Scope } from '../platform/index.ts'
const table = (name: string, tableName: string) =>
  defineEntity({ name, tableName, properties: { id: p.text().primary(), tenantId: p.text() } })
export const Sources = table('Source', 'sources')
export const Chunks = table('Chunk', 'chunks')
export const KnowledgeHeads = table('KnowledgeHead', 'knowledge_heads')
export const createKnowledge = (_: unknown) => ({ search: async (_scope: Scope, _query: object): Promise<Hit[]> => [] })
export const knowledgeRoutes = (_: unknown): Route[] => []
