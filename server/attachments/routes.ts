import { downloadFile, uploadFile } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Attachments } from './attachments.ts'

export const attachmentRoutes = (attachments: Attachments): Route[] => [
  serve(uploadFile, ({ scope, query, content }) => attachments.add(scope, query.name, content.bytes)),
  serve(downloadFile, ({ scope, params }) => attachments.download(scope, params.fileId)),
]
