import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import type { MimeType } from './read-source.ts'

/** One row an app: a number that grows with every change of its sources, so that an index knows whether it is current. */
export const KnowledgeHeads = defineEntity({
  name: 'KnowledgeHead',
  tableName: 'knowledge_heads',
  properties: {
    appId: p.text().primary(),
    tenantId: p.text(),
    revision: p.integer(),
  },
})

export const Sources = defineEntity({
  name: 'Source',
  tableName: 'sources',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    name: p.text(),
    title: p.text(),
    mimeType: p.text().$type<MimeType>(),
    sizeBytes: p.integer(),
    /** SHA-256 of the bytes, base64url. */
    hash: p.text(),
    /** The app's revision that these chunks were written in; no two sources share one. */
    revision: p.integer(),
    chunkCount: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
})

export const Chunks = defineEntity({
  name: 'Chunk',
  tableName: 'chunks',
  properties: {
    appId: p.text().primary(),
    revision: p.integer().primary(),
    /** From 0, in the order of the document. */
    position: p.integer().primary(),
    tenantId: p.text(),
    sourceId: p.text(),
    /** JSON: an array of strings. */
    headingPath: p.text(),
    anchor: p.text().nullable(),
    text: p.text(),
    /** As `vector.ts` packs it. */
    vector: p.blob(),
  },
})

export type SourceRow = InferEntity<typeof Sources>
