import { Readable } from 'node:stream'
import { ForeignKeyConstraintViolationException } from '@mikro-orm/core'
import { type Attachment, Fault, type UploadedFile } from '@aside/protocol'
import { acrossTenants, type Db, type Download, type Edge, type Log, newId, type Scope } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { contentRows, type FileRow, fileRows } from './entities.ts'
import { fileName } from './file-name.ts'
import { fileTypeOf } from './file-type.ts'
import { presentAttachment, presentFile } from './present.ts'

const DAY_MS = 86_400_000
/** Of one visitor, and of all visitors of an app, in a day. */
const MAX_DAY_BYTES = { visitor: 100 * 1024 * 1024, app: 2 * 1024 * 1024 * 1024 }
const BATCH = 50

export interface Attachments {
  /**
   * Keeps a file that no message has yet. Throws `forbidden` where the app takes none, `unsupported_media_type` for what is none
   * of `fileTypes`, and `rate_limited` past a day's bytes.
   */
  add(scope: Scope, name: string, bytes: Uint8Array): Promise<UploadedFile>
  /** Throws `not_found` for whoever's it is not. */
  download(scope: Scope, fileId: string): Promise<Download>
  /**
   * The files a message is about to take, in the order of `fileIds`, locked. Throws `not_found`, naming the first that is not the
   * visitor's or that another message has than `replaces`.
   */
  choose(tx: Scope, fileIds: string[], by: { visitorId: string; replaces: string | undefined }): Promise<Attachment[]>
  /** Gives chosen files to a message, in the same transaction. */
  give(tx: Scope, files: Attachment[], to: { conversationId: string; messageId: string }): Promise<void>
  /** Somebody turned out to be somebody else: what they have uploaded, and the files of the conversation that goes along. */
  follow(tx: Scope, conversationId: string | undefined, from: string, to: string): Promise<void>
  /** The bytes of a file that is there; undefined where it is gone. */
  read(scope: Scope, fileId: string): Promise<Uint8Array | undefined>
  /** Removes what no message has taken within a day. Returns how many files are gone. */
  purge(): Promise<number>
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  tenancy: Pick<Tenancy, 'findApp'>
}

const missing = (at?: number) =>
  new Fault(
    'not_found',
    'No such file',
    at === undefined ? {} : { issues: [{ path: `body.attachments.${at}`, message: 'no file that can be sent' }] },
  )

export function createAttachments({ db, edge, log, tenancy }: Parts): Attachments {
  /** Counted where nobody else of the visitor's counts, so that many at once are not all let in by the same sum. */
  async function mustHaveRoom(tx: Scope, of: { visitorId: string } | { appId: string }, more: number): Promise<void> {
    const since = new Date(edge.now() - DAY_MS)
    const [column, id, most] =
      'visitorId' in of
        ? (['visitor_id', of.visitorId, MAX_DAY_BYTES.visitor] as const)
        : (['app_id', of.appId, MAX_DAY_BYTES.app] as const)
    const [row] = await tx.sql<{ sum: number | string | null; first: number | Date | null }>(
      `select sum("size_bytes") as "sum", min("created_at") as "first" from "files"
       where "tenant_id" = ? and "${column}" = ? and "created_at" > ?`,
      [id, tx.kind === 'sqlite' ? since.getTime() : since],
    )
    if (Number(row?.sum ?? 0) + more <= most) return
    const first = new Date(row?.first ?? edge.now()).getTime()
    throw new Fault('rate_limited', 'So many files are not taken in a day: try again later', {
      retryAfterMs: Math.max(1_000, first + DAY_MS - edge.now()),
    })
  }

  return {
    async add(scope, given, bytes) {
      if (scope.actor.kind !== 'visitor') throw new Fault('unauthenticated', 'A session token is needed')
      const { visitorId, appId } = scope.actor
      const app = await tenancy.findApp(appId)
      if (!app?.configOf(visitorId).config.features?.uploads) throw new Fault('forbidden', 'This app takes no files')
      const type = fileTypeOf(bytes)
      if (!type)
        throw new Fault('unsupported_media_type', 'Only PNG, JPEG, GIF and WebP images, PDF and UTF-8 text are taken')
      const now = new Date(edge.now())
      const row: Omit<FileRow, 'tenantId'> = {
        id: newId('file', now.getTime()),
        appId,
        visitorId,
        conversationId: null,
        messageId: null,
        name: fileName(given, type),
        type,
        sizeBytes: bytes.length,
        createdAt: now,
      }
      try {
        await scope.transaction(async (tx) => {
          // SQLite writes one transaction at a time as it is.
          if (tx.kind === 'postgres')
            await tx.sql('select 1 from "visitors" where "tenant_id" = ? and "id" = ? for update', [visitorId])
          await mustHaveRoom(tx, { visitorId }, bytes.length)
          await mustHaveRoom(tx, { appId }, bytes.length)
          await fileRows.insert(tx, row)
          await contentRows.insert(tx, { fileId: row.id, bytes: Buffer.from(bytes) })
        })
      } catch (error) {
        // The visitor was erased since the request came in.
        if (error instanceof ForeignKeyConstraintViolationException)
          throw new Fault('unauthenticated', 'The session is not known here', { cause: error })
        throw error
      }
      return presentFile(row)
    },

    async download(scope, id) {
      const visitorId = scope.actor.kind === 'visitor' ? scope.actor.visitorId : ''
      const row = await fileRows.one(scope, { id, visitorId })
      const content = row && (await contentRows.one(scope, { fileId: id }))
      if (!row || !content) throw missing()
      return {
        name: row.name,
        content: Readable.from([content.bytes]),
        sizeBytes: row.sizeBytes,
        headers: {
          'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
          'Cache-Control': 'private, no-store',
        },
      }
    },

    async choose(tx, fileIds, { visitorId, replaces }) {
      if (fileIds.length === 0) return []
      const rows = await fileRows.find(tx, { id: fileIds, visitorId }, { lock: true, orderBy: { id: 'asc' } })
      const free = new Map(
        rows
          .filter((it) => it.messageId === null || (replaces !== undefined && it.messageId === replaces))
          .map((it) => [it.id, it]),
      )
      return fileIds.map((id, at) => {
        const row = free.get(id)
        if (!row) throw missing(at)
        // The same one twice is no second file.
        free.delete(id)
        return presentAttachment(row)
      })
    },

    async give(tx, files, to) {
      if (files.length > 0) await fileRows.update(tx, { id: files.map((it) => it.id) }, to)
    },

    async follow(tx, conversationId, from, to) {
      await fileRows.update(tx, { visitorId: from, messageId: null }, { visitorId: to })
      if (conversationId !== undefined) await fileRows.update(tx, { conversationId }, { visitorId: to })
    },

    read: async (scope, fileId) => (await contentRows.one(scope, { fileId }))?.bytes,

    async purge() {
      const everywhere = acrossTenants(db, log)
      const before = new Date(edge.now() - DAY_MS)
      for (let purged = 0; ;) {
        const old = await fileRows.find(
          everywhere,
          { messageId: null, createdAt: { lt: before } },
          { orderBy: { id: 'asc' }, limit: BATCH },
        )
        let gone = 0
        for (const [tenantId, rows] of Map.groupBy(old, (it) => it.tenantId))
          gone += await everywhere.of(tenantId).transaction(async (tx) => {
            // A message may take one meanwhile: then it stays.
            const ids = rows.map((it) => it.id)
            const free = await fileRows.find(tx, { id: ids, messageId: null }, { lock: true, orderBy: { id: 'asc' } })
            await contentRows.remove(tx, { fileId: free.map((it) => it.id) })
            return fileRows.remove(tx, { id: free.map((it) => it.id) })
          })
        purged += gone
        if (gone === 0 || old.length < BATCH) return purged
      }
    },
  }
}
