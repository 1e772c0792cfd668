/** Attachments: a visitor's file is kept once, belongs to one message at most, and is given to nobody else. */
export { type Attachments, createAttachments } from './attachments.ts'
export { FileContents, Files } from './entities.ts'
export { attachmentRoutes } from './routes.ts'
