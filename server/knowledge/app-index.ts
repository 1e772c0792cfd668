/** The index of each app in memory: a copy of its rows that may be thrown away, and is brought up to date before it is searched. */
import { Fault } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import { ANALYSIS_VERSION, type Query } from './analyze.ts'
import { type Ranked, Ranking } from './ranking.ts'
import { vectorOf } from './read-source.ts'
import { type Entry, SEGMENT_SIZE } from './segment.ts'
import { type Pausable, unhurried } from './unhurried.ts'
import { unpackVector } from './vector.ts'

export interface IndexedSource {
  id: string
  name: string
  title: string
  revision: number
  chunkCount: number
}

export interface RankedPassage extends Ranked {
  source: IndexedSource
}

interface AppIndex {
  ranking: Ranking
  /** The app's revision that everything up to is in here. */
  revision: number
  sources: Map<number, IndexedSource>
  /** While it is being changed. */
  updating?: Promise<void>
}

export interface Indexes {
  /** The best `limit` passages as of the revision stored when called; undefined where the app never had a source. */
  rank(scope: Scope, appId: string, query: Query, limit: number): Promise<RankedPassage[] | undefined>
  bytes(): number
  forget(tenantId: string, appId: string): void
}

/** Keeps the indexes used last, up to `mostBytes` in all; one that is larger by itself is kept while it is used. */
export function createIndexes(mostBytes: number): Indexes {
  // In the order of use, the latest last.
  const indexes = new Map<string, AppIndex>()
  const bytes = () => [...indexes.values()].reduce((sum, index) => sum + index.ranking.bytes, 0)

  function use(key: string): AppIndex {
    const index = indexes.get(key) ?? { ranking: new Ranking(), revision: 0, sources: new Map() }
    indexes.delete(key)
    indexes.set(key, index)
    return index
  }

  function evict(): void {
    for (const [key, index] of indexes) {
      if (indexes.size === 1 || bytes() <= mostBytes) return
      if (!index.updating) indexes.delete(key)
    }
  }

  return {
    async rank(scope, appId, query, limit) {
      const head = await readHead(scope, appId)
      if (head === undefined) return undefined
      const key = `${scope.tenantId}/${appId}`
      // Held until it was searched, though it be evicted in the meantime.
      const index = use(key)
      while (index.updating || index.revision < head) {
        index.updating ??= update(scope, appId, index, head).then(
          () => {
            delete index.updating
            evict()
          },
          (error: unknown) => {
            // Half changed: nobody may find it.
            if (indexes.get(key) === index) indexes.delete(key)
            throw error
          },
        )
        await index.updating
      }
      return index.ranking.search(query, limit).map((it) => ({ ...it, source: index.sources.get(it.ref.revision)! }))
    },
    bytes,
    forget: (tenantId, appId) => void indexes.delete(`${tenantId}/${appId}`),
  }
}

async function readHead(scope: Scope, appId: string): Promise<number | undefined> {
  const [row] = await scope.sql<{ revision: number }>(
    'select revision from knowledge_heads where tenant_id = ? and app_id = ?',
    [appId],
  )
  return row?.revision
}

const ATTEMPTS = 5

async function update(scope: Scope, appId: string, index: AppIndex, head: number): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const rows = await scope.sql<{ id: string; name: string; title: string; revision: number; chunk_count: number }>(
      'select id, name, title, revision, chunk_count from sources where tenant_id = ? and app_id = ?',
      [appId],
    )
    const current = new Map(
      rows.map(({ chunk_count: chunkCount, ...row }) => [Number(row.revision), { ...row, chunkCount }] as const),
    )
    const missing = new Map([...current].filter(([revision]) => !index.sources.has(revision)))
    const entries = await loadEntries(scope, appId, missing)
    // A source was replaced while its passages were read: what was read of it is worth nothing.
    if (!entries) continue
    await unhurried(change(index, current, entries))
    index.revision = head
    return
  }
  throw new Fault('store_unavailable', 'The sources are being changed; try again', { retryAfterMs: 1_000 })
}

function* change(index: AppIndex, current: Map<number, IndexedSource>, entries: Entry[]): Pausable<void> {
  if ([...index.sources.keys()].some((revision) => !current.has(revision)))
    yield* index.ranking.remove((ref) => !current.has(ref.revision))
  yield* index.ranking.add(entries)
  index.sources = current
}

interface ChunkRow {
  revision: number
  position: number
  vector: Uint8Array
}

const PAGE = SEGMENT_SIZE / 2

/** All passages of the sources named; undefined where some were gone before they could be read. */
async function loadEntries(
  scope: Scope,
  appId: string,
  sources: Map<number, IndexedSource>,
): Promise<Entry[] | undefined> {
  const entries: Entry[] = []
  let after = { revision: Math.min(...sources.keys()), position: -1 }
  for (;;) {
    if (sources.size === 0) break
    const page = await scope.sql<ChunkRow>(
      `select revision, position, vector from chunks
        where tenant_id = ? and app_id = ? and (revision, position) > (?, ?)
        order by revision, position limit ${PAGE}`,
      [appId, after.revision, after.position],
    )
    const wanted = page.filter((row) => sources.has(row.revision))
    const stale: ChunkRow[] = []
    for (const row of wanted) {
      const vector = unpackVector(row.vector, ANALYSIS_VERSION)
      if (vector) entries.push({ ref: { revision: row.revision, position: row.position }, vector })
      else stale.push(row)
    }
    if (stale.length > 0) entries.push(...(await analyzeAgain(scope, appId, stale, sources)))
    if (page.length < PAGE) break
    after = page.at(-1)!
    await unhurried(pause())
  }
  const expected = [...sources.values()].reduce((sum, source) => sum + source.chunkCount, 0)
  return entries.length === expected ? entries : undefined
}

function* pause(): Pausable<void> {
  yield
}

/** Rows written by an earlier version of the analysis serve until their source is added again. */
async function analyzeAgain(
  scope: Scope,
  appId: string,
  stale: ChunkRow[],
  sources: Map<number, IndexedSource>,
): Promise<Entry[]> {
  const from = stale[0]!
  const to = stale.at(-1)!
  const rows = await scope.sql<{ revision: number; position: number; heading_path: string; text: string }>(
    `select revision, position, heading_path, text from chunks
      where tenant_id = ? and app_id = ? and (revision, position) >= (?, ?) and (revision, position) <= (?, ?)`,
    [appId, from.revision, from.position, to.revision, to.position],
  )
  const isStale = new Set(stale.map((row) => `${row.revision}/${row.position}`))
  return unhurried(
    (function* () {
      const entries: Entry[] = []
      for (const { revision, position, heading_path: path, text } of rows) {
        if (!isStale.has(`${revision}/${position}`)) continue
        const { name, title } = sources.get(revision)!
        entries.push({
          ref: { revision, position },
          vector: vectorOf(name, title, { text, headingPath: JSON.parse(path) }),
        })
        yield
      }
      return entries
    })(),
  )
}
