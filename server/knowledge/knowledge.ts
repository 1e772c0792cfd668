import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Fault, type Hit, type Source, type SourceAdded } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { type Edge, newId, type Page, type PageQuery, pageOf, type Scope } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { ANALYSIS_VERSION, analyzeQuery } from './analyze.ts'
import { HELPFUL } from './coverage.ts'
import { createIndexes, type RankedPassage } from './app-index.ts'
import { Chunks, type SourceRow, Sources } from './entities.ts'
import { presentHit, presentSource } from './present.ts'
import { type IndexedChunk, mimeTypeOf, readSource } from './read-source.ts'
import { unhurried } from './unhurried.ts'
import { packVector } from './vector.ts'

/** A passage found, with its place. */
export interface Found {
  sourceId: string
  name: string
  title: string
  headingPath: string[]
  /** The fragment of its nearest heading. */
  anchor?: string
  text: string
  /** BM25; comparable within one search only. */
  score: number
  /** How sure it is that it speaks of what was asked, about 0 to 2. From `CONFIDENT` on it does. */
  confidence: number
}

export interface SearchInput {
  appId: string
  query: string
  limit?: number
  /**
   * Where nobody judges the passages any more: one of them has to be so sure, mostly `CONFIDENT`. Then come those that may be of
   * help beside it (`HELPFUL`), else none.
   */
  leastConfidence?: number
}

export interface Knowledge {
  /**
   * Adds a document under its name, or replaces the one there in one transaction; the same bytes again change nothing. `mimeType`
   * may be left to the name's ending. Faults: `not_found` for the app, and those of `decode` for the body.
   */
  addSource(
    scope: Scope,
    input: { appId: string; name: string; mimeType?: string; body: Uint8Array },
  ): Promise<SourceAdded>
  /** By name. */
  listSources(scope: Scope, appId: string, query: PageQuery): Promise<Page<Source>>
  removeSource(scope: Scope, sourceId: string): Promise<void>
  /**
   * The best `limit` (5) passages for a question, best first, no text twice; with `leastConfidence` none unless one reaches it.
   * Sees everything stored before the call.
   */
  search(scope: Scope, input: SearchInput): Promise<Hit[]>
  /** The same, with what it was judged by. */
  find(scope: Scope, input: SearchInput): Promise<Found[]>
  /** What the indexes hold in memory. */
  indexBytes(): number
  /** Lets go of the app's index. */
  forget(tenantId: string, appId: string): void
}

/** Chunks to a statement: few enough for a short turn of the event loop, and for SQLite's 32 766 parameters. */
const BATCH = 100
const LIMIT = 5
const ATTEMPTS = 5
const INDEX_BYTES = 256 * 1024 * 1024

export function createKnowledge({
  edge,
  audit,
  tenancy,
  indexBytes = INDEX_BYTES,
}: {
  edge: Edge
  audit: Audit
  tenancy: Tenancy
  /** What the indexes in memory may take in all. */
  indexBytes?: number
}): Knowledge {
  const indexes = createIndexes(indexBytes)

  async function find(scope: Scope, { appId, query, limit = LIMIT, leastConfidence }: SearchInput): Promise<Found[]> {
    const asked = analyzeQuery(query)
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // More than asked for: the same licence or readme may be in many sources.
      const ranked = await indexes.rank(scope, appId, asked, limit * 3)
      if (!ranked) {
        const app = await tenancy.findApp(appId)
        if (app?.tenantId !== scope.tenantId) throw new Fault('not_found', 'No such app')
        return []
      }
      const found = await readPassages(scope, appId, ranked)
      // Otherwise a source was replaced after the ranking, which the next one knows.
      if (found) return sureOf(withoutRepeats(found).slice(0, limit), leastConfidence)
    }
    throw new Fault('store_unavailable', 'The sources are being changed; try again', { retryAfterMs: 1_000 })
  }

  return {
    async addSource(scope, { appId, name, mimeType: given, body }) {
      await tenancy.readApp(scope, appId)
      const mimeType = mimeTypeOf(name, given)
      const hash = createHash('sha256').update(body).digest('base64url')
      const isSame = (row: SourceRow | null) => row?.hash === hash && row.mimeType === mimeType
      const before = await scope.em.findOne(Sources, { appId, name }, { disableIdentityMap: true })
      if (before && isSame(before)) return { source: presentSource(before), outcome: 'unchanged' }
      const read = await unhurried(readSource(name, mimeType, body))

      return scope.transaction(async (tx) => {
        // Whoever changes the app's sources waits here for those who came before.
        const revision = await nextRevision(tx, appId)
        const old = await tx.em.findOne(Sources, { appId, name })
        if (old && isSame(old)) return { source: presentSource(old), outcome: 'unchanged' }
        const now = new Date(edge.now())
        const content = {
          title: read.title,
          mimeType,
          sizeBytes: body.length,
          hash,
          revision,
          chunkCount: read.chunks.length,
          updatedAt: now,
        }
        const row = { id: old?.id ?? newId('source'), appId, name, createdAt: old?.createdAt ?? now, ...content }
        if (old) {
          await tx.em.nativeDelete(Chunks, { appId, revision: old.revision })
          await tx.em.nativeUpdate(Sources, { id: old.id }, content)
        } else await tx.create(Sources, row)
        await storeChunks(tx, row, read.chunks)
        await audit.record(tx, {
          action: 'source.added',
          target: row.id,
          detail: { app: appId, chunks: read.chunks.length, replaced: old !== null },
        })
        return { source: presentSource({ ...row, tenantId: tx.tenantId }), outcome: old ? 'updated' : 'created' }
      })
    },

    async listSources(scope, appId, query) {
      await tenancy.readApp(scope, appId)
      const page = await pageOf(
        scope,
        `sources ${appId}`,
        query,
        (after, limit) =>
          scope.em.find(
            Sources,
            { appId, ...(after === undefined ? {} : { name: { $gt: after } }) },
            { orderBy: { name: 'asc' }, limit },
          ),
        (row) => row.name,
      )
      return { ...page, items: page.items.map(presentSource) }
    },

    async removeSource(scope, sourceId) {
      const missing = () => new Fault('not_found', 'No such source')
      const seen = await scope.em.findOne(Sources, { id: sourceId }, { disableIdentityMap: true })
      if (!seen) throw missing()
      await scope.transaction(async (tx) => {
        await nextRevision(tx, seen.appId)
        const row = await tx.em.findOne(Sources, { id: sourceId })
        if (!row) throw missing()
        await tx.em.nativeDelete(Chunks, { appId: row.appId, revision: row.revision })
        await tx.em.nativeDelete(Sources, { id: sourceId })
        await audit.record(tx, { action: 'source.removed', target: sourceId, detail: { app: row.appId } })
      })
    },

    find,
    indexBytes: indexes.bytes,
    forget: indexes.forget,
    search: async (scope, input) => (await find(scope, input)).map(presentHit),
  }
}

async function nextRevision(tx: Scope, appId: string): Promise<number> {
  const [row] = await tx.sql<{ revision: number }>(
    `insert into knowledge_heads (tenant_id, app_id, revision) values (?, ?, 1)
      on conflict (app_id) do update set revision = knowledge_heads.revision + 1 returning revision`,
    [appId],
  )
  return row!.revision
}

async function storeChunks(
  tx: Scope,
  { id: sourceId, appId, revision }: { id: string; appId: string; revision: number },
  chunks: IndexedChunk[],
): Promise<void> {
  for (let from = 0; from < chunks.length; from += BATCH) {
    const batch = chunks.slice(from, from + BATCH)
    await tx.execute(
      `insert into chunks (tenant_id, app_id, revision, position, source_id, heading_path, anchor, text, vector)
        values ${batch.map(() => '(?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
      batch.flatMap((chunk, i) => [
        tx.tenantId,
        appId,
        revision,
        from + i,
        sourceId,
        JSON.stringify(chunk.headingPath),
        chunk.anchor ?? null,
        chunk.text,
        packVector(chunk.vector, ANALYSIS_VERSION),
      ]),
    )
    // SQLite answers without waiting: nobody else would get a turn before the last batch.
    await nextTurn()
  }
}

interface PassageRow {
  revision: number
  position: number
  heading_path: string
  anchor: string | null
  text: string
}

/** In the order of `ranked`; undefined where one of them is gone. */
async function readPassages(scope: Scope, appId: string, ranked: RankedPassage[]): Promise<Found[] | undefined> {
  if (ranked.length === 0) return []
  const rows = await scope.sql<PassageRow>(
    // Each alternative names the whole key: SQLite uses its index for none otherwise.
    `select revision, position, heading_path, anchor, text from chunks
      where tenant_id = ? and (${ranked.map(() => '(app_id = ? and revision = ? and position = ?)').join(' or ')})`,
    ranked.flatMap(({ ref }) => [appId, ref.revision, ref.position]),
  )
  if (rows.length < ranked.length) return undefined
  const byPlace = new Map(rows.map((row) => [`${row.revision}/${row.position}`, row]))
  return ranked.map(({ ref, score, confidence, source }) => {
    const { heading_path: headingPath, anchor, text } = byPlace.get(`${ref.revision}/${ref.position}`)!
    return {
      sourceId: source.id,
      name: source.name,
      title: source.title,
      headingPath: JSON.parse(headingPath),
      ...(anchor !== null && { anchor }),
      text,
      score,
      confidence,
    }
  })
}

function withoutRepeats(found: Found[]): Found[] {
  const seen = new Set<string>()
  return found.filter(({ text }) => !seen.has(text) && seen.add(text))
}

function sureOf(found: Found[], least: number | undefined): Found[] {
  if (least === undefined) return found
  const isAnswered = found.some(({ confidence }) => confidence >= least)
  return isAnswered ? found.filter(({ confidence }) => confidence >= Math.min(least, HELPFUL)) : []
}
