import type { Attachment, UploadedFile } from '@aside/protocol'
import type { FileRow } from './entities.ts'

type Shown = Pick<FileRow, 'id' | 'name' | 'type' | 'sizeBytes'>

export const presentAttachment = ({ id, name, type, sizeBytes }: Shown): Attachment => ({ id, name, type, sizeBytes })

export const presentFile = (row: Shown & Pick<FileRow, 'createdAt'>): UploadedFile => ({
  ...presentAttachment(row),
  createdAt: row.createdAt.toISOString(),
})
