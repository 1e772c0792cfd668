import { defineEntity, type InferEntity, p } from '@mikro-orm/core'
import { rowsOf } from '../platform/index.ts'
import type { FileType } from './file-type.ts'

export const Files = defineEntity({
  name: 'File',
  tableName: 'files',
  properties: {
    id: p.text().primary(),
    tenantId: p.text(),
    appId: p.text(),
    visitorId: p.text(),
    /** Null until a message takes it. */
    conversationId: p.text().nullable(),
    messageId: p.text().nullable(),
    name: p.text(),
    type: p.text().$type<FileType>(),
    sizeBytes: p.integer(),
    createdAt: p.datetime(),
  },
})

/** Apart from the rest, so that a list of files never reads them. */
export const FileContents = defineEntity({
  name: 'FileContent',
  tableName: 'file_contents',
  properties: {
    fileId: p.text().primary(),
    tenantId: p.text(),
    bytes: p.blob(),
  },
})

export type FileRow = InferEntity<typeof Files>

export const fileRows = rowsOf(Files)
export const contentRows = rowsOf(FileContents)
