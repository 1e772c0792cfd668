/** The files visitors send along with a message: uploaded first, named by the message, fetched by whoever may read it. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { id, Instant } from './ids.ts'
import { Attachment } from './resources.ts'

export const MAX_FILE_BYTES = 10_485_760

/** What a file may be. Its bytes say which of these it is; what its name or its sender says is not asked. */
export const fileTypes = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'application/pdf',
  'text/plain',
] as const

export const UploadedFile = v.object({ ...Attachment.entries, createdAt: Instant })
export type UploadedFile = v.InferOutput<typeof UploadedFile>

export const uploadFile = endpoint({
  method: 'POST',
  path: '/v1/files',
  access: 'visitor',
  rate: 'upload',
  summary:
    'Takes a file that a message will name: a PNG, JPEG, GIF or WebP image, a PDF or UTF-8 text, told by its bytes. The body is the file itself. One that no message has named within a day is removed.',
  query: v.strictObject({
    name: v.pipe(v.string(), v.minLength(1, 'what the file is called'), v.maxLength(1_000, 'at most 1000 characters')),
  }),
  content: { types: ['application/octet-stream', ...fileTypes], maxBytes: MAX_FILE_BYTES },
  status: 201,
  reply: UploadedFile,
  errors: ['forbidden'],
})

export const downloadFile = endpoint({
  method: 'GET',
  path: '/v1/files/:fileId',
  access: 'visitor',
  summary:
    "A file of the visitor's own, byte for byte. It comes as `application/octet-stream`: what it is says the message it belongs to.",
  params: v.strictObject({ fileId: id('file') }),
  status: 200,
  download: { type: 'application/octet-stream' },
})
