/** Retrieval on input nobody here wrote: all Markdown in the installed packages, repeated until there are 10 000 passages. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { entities } from '../server/app.ts'
import { createAudit } from '../server/audit/index.ts'
import { createKnowledge, type Knowledge } from '../server/knowledge/index.ts'
import {
  acrossTenants,
  createFacts,
  createEdge,
  createLog,
  openDb,
  parseConfig,
  type Scope,
} from '../server/platform/index.ts'
import { createTenancy } from '../server/tenancy/index.ts'
import { createStore, type StoreKind, stores } from '../server/testing/stores.ts'

const PASSAGES = 10_000
const ROUNDS = 10

const questions = [
  'How do I create a session with better-sse?',
  'how can I read the body of a request in koa',
  'what does ctx.throw do',
  'How do I define entities without decorators in MikroORM?',
  'set the timeout of openai requests',
  'retry failed requests of the client',
  'configure prettier to use single quotes',
  'How do I handle errors in Koa middleware?',
  'define a store with pinia',
  'undici proxy agent with authentication',
  'options with default values in commander',
  'how do subcommands work',
  'what changed in the last version of vite',
  'license of the vue compiler',
  'parse html without a dom',
  'stream events to the browser and resume after a disconnect',
  'how to mock fetch in tests',
  'postgres connection pool settings',
  'lex markdown into tokens',
  'why is my typescript import not resolved',
]

/** Figures by name, `sqlite` first and `postgres` where there is one. Times in ms, sizes in bytes. */
export async function retrieval(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {}
  for (const kind of stores)
    for (const [name, value] of Object.entries(await measure(kind))) figures[`${kind}_${name}`] = value
  return figures
}

async function measure(kind: StoreKind): Promise<Record<string, number>> {
  const store = await createStore(kind)
  const { database } = parseConfig({ ASIDE_DATA_DIR: store.dataDir, DATABASE_URL: store.url })
  const db = await openDb(database, entities)
  try {
    await db.migrate()
    const edge = createEdge()
    const log = createLog('silent')
    const audit = createAudit({ edge })
    const tenancy = createTenancy({ db, edge, log, audit, facts: createFacts(log) })
    const everywhere = acrossTenants(db, log, { kind: 'operator' })
    const scope = everywhere.of((await tenancy.createTenant(everywhere, { name: 'Bench' })).id)
    const { id: appId } = await tenancy.createApp(scope, { name: 'Bench', allowedOrigins: [], config: {} })
    const knowledge = createKnowledge({ edge, audit, tenancy })

    const { passages, chars, seconds, longestTurn } = await fill(knowledge, scope, appId)
    const cold = createKnowledge({ edge, audit, tenancy })
    const turns = watchTurns()
    const begun = performance.now()
    await cold.search(scope, { appId, query: questions[0]! })
    const coldMs = performance.now() - begun
    const coldLongestTurn = turns.longest()

    const times: number[] = []
    for (let round = 0; round < ROUNDS; round += 1)
      for (const query of questions) {
        const from = performance.now()
        await cold.search(scope, { appId, query, limit: 5 })
        times.push(performance.now() - from)
      }
    times.sort((a, b) => a - b)
    return {
      passages,
      chars_per_passage: chars / passages,
      search_ms_median: times[Math.floor(times.length / 2)]!,
      search_ms_p95: times[Math.floor(times.length * 0.95)]!,
      cold_search_ms: coldMs,
      cold_longest_turn_ms: coldLongestTurn,
      index_bytes_per_passage: cold.indexBytes() / passages,
      stored_bytes_per_passage: (await storedBytes(kind, scope)) / passages,
      passages_per_second: passages / seconds,
      ingestion_longest_turn_ms: longestTurn,
    }
  } finally {
    await db.close()
    await store.drop()
  }
}

async function fill(knowledge: Knowledge, scope: Scope, appId: string) {
  const folder = join(import.meta.dirname, '../node_modules/.pnpm')
  const files = globSync('**/*.md', { cwd: folder }).sort()
  const turns = watchTurns()
  const begun = performance.now()
  let passages = 0
  let chars = 0
  for (let round = 0; passages < PASSAGES; round += 1) {
    for (const file of files) {
      if (passages >= PASSAGES) break
      const name = `${round}/${file.replace(/^.*node_modules\//, '')} ${file.length}`
      const body = readFileSync(join(folder, file))
      try {
        const { source } = await knowledge.addSource(scope, { appId, name, mimeType: 'text/markdown', body })
        passages += source.chunks
        chars += body.length
      } catch (error) {
        if (!(error instanceof Error && error.name === 'Fault')) throw error
      }
    }
  }
  return { passages, chars, seconds: (performance.now() - begun) / 1_000, longestTurn: turns.longest() }
}

/** How long the event loop was away at most: what an answer that streams meanwhile would have waited. */
function watchTurns() {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  return {
    longest() {
      delay.disable()
      return delay.max / 1e6
    },
  }
}

async function storedBytes(kind: StoreKind, scope: Scope): Promise<number> {
  await sleep(100)
  const [row] = await scope.em.execute<{ bytes: number | string }[]>(
    kind === 'sqlite'
      ? 'select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()'
      : "select pg_total_relation_size('chunks') as bytes",
  )
  return Number(row!.bytes)
}
