/** Retention: what is older than an app's live configuration keeps it is erased, a little at a time. */
import type { Retained } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { ALL_TENANTS, type Condition, type Edge, type Log, type Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import type { LiveApp, Tenancy } from '../tenancy/index.ts'
import { type Erasure, instant } from './erasure.ts'
import type { Table } from './places.ts'
import type { Purge } from './purge.ts'

const DAY_MS = 86_400_000
/** Few enough for a short transaction. */
const AT_ONCE = 50

export interface Retention {
  /** Of the tenant's apps that keep for a time only, or of everybody's. With `dryRun` nothing is erased. */
  apply(scope: Scope, options: { dryRun: boolean }): Promise<Retained[]>
}

interface Parts {
  edge: Edge
  log: Log
  streams: Streams
  audit: Audit
  tables: Table[]
  tenancy: Tenancy
  erasure: Erasure
  purge: Purge
}

const and = (...parts: Condition[]): Condition => ({
  text: parts.map((it) => `(${it.text})`).join(' and '),
  values: parts.flatMap((it) => it.values),
})

/** Holds of a visitor, and of who they turned out to be. */
const holdsOf = (visitor: string) =>
  `privacy_holds h where (h.visitor_id = ${visitor}
    or h.visitor_id in (select m.into_id from visitor_merges m where m.visitor_id = ${visitor}))`

const held = (visitor: string, conversation: string) =>
  `exists (select 1 from ${holdsOf(visitor)} and (h.conversation_id is null or h.conversation_id = ${conversation}))`

/** Conversations whose last change is too long ago; one that is being answered changes in a moment. */
const old = (scope: Scope, appId: string, before: number): Condition => ({
  text: `c.app_id = ? and c.updated_at < ? and not exists
    (select 1 from turns t where t.conversation_id = c.id and t.status in ('queued', 'running'))`,
  values: [appId, instant(scope, before)],
})
const due = (scope: Scope, appId: string, before: number): Condition =>
  and(old(scope, appId, before), { text: `not ${held('c.visitor_id', 'c.id')}`, values: [] })

/**
 * Visitors of whom nothing is left but such conversations, and who cannot come back with a session. Whoever was merged into
 * somebody goes before them.
 */
function forgotten(scope: Scope, appId: string, before: number, now: number): Condition {
  const theirs = due(scope, appId, before)
  return {
    text: `v.app_id = ? and v.created_at < ?
      and not exists (select 1 from sessions s where s.visitor_id = v.id and s.ended_at is null and s.expires_at > ?)
      and not exists (select 1 from ${holdsOf('v.id')})
      and not exists (select 1 from visitor_merges m where m.into_id = v.id)
      and not exists (select 1 from conversations c where c.visitor_id = v.id and not (${theirs.text}))`,
    values: [appId, instant(scope, before), instant(scope, now), ...theirs.values],
  }
}

export function createRetention({ edge, log, streams, audit, tables, tenancy, erasure, purge }: Parts): Retention {
  const apps = tables.find((it) => it.name === 'apps')!.rows

  async function count(scope: Scope, from: string, condition: Condition) {
    const time = from === 'conversations c' ? ', min(c.updated_at) as oldest' : ''
    const { rows } = await scope.execute(
      `select count(*) as n${time} from ${from} where ${condition.text}`,
      condition.values,
    )
    const oldest = rows[0]?.['oldest']
    return { n: Number(rows[0]?.['n'] ?? 0), oldest: oldest ? new Date(oldest as number | Date) : undefined }
  }

  async function look(scope: Scope, appId: string, retentionDays: number): Promise<Retained> {
    const now = edge.now()
    const before = now - retentionDays * DAY_MS
    const all = await count(scope, 'conversations c', old(scope, appId, before))
    const conversations = await count(scope, 'conversations c', due(scope, appId, before))
    const visitors = await count(scope, 'visitors v', forgotten(scope, appId, before, now))
    return {
      appId,
      retentionDays,
      conversations: conversations.n,
      visitors: visitors.n,
      held: all.n - conversations.n,
      ...(conversations.oldest ? { oldest: conversations.oldest.toISOString() } : {}),
    }
  }

  /** One batch, in one transaction with the row that tells of it. Returns how many there were. */
  const batch = (
    scope: Scope,
    appId: string,
    root: 'conversations' | 'visitors',
    condition: Condition,
  ): Promise<number> =>
    scope.transaction(async (tx) => {
      const name = root[0]
      const lock = tx.kind === 'postgres' ? ` for update of ${name} skip locked` : ''
      const owner = root === 'conversations' ? 'c.visitor_id' : 'v.id'
      const { rows } = await tx.execute(
        `select ${name}.id, ${owner} as visitor_id from ${root} ${name} where ${condition.text} limit ${AT_ONCE}${lock}`,
        condition.values,
      )
      if (rows.length === 0) return 0
      // What was said is in the visitor's log too, as long as it can be replayed.
      if (root === 'conversations')
        for (const row of rows) await streams.forget(tx, String(row['visitor_id']), String(row['id']))
      await erasure.remove(
        tx,
        root,
        rows.map((it) => String(it['id'])),
      )
      await audit.record(tx, { action: 'privacy.retained', target: appId, detail: { [root]: rows.length } })
      return rows.length
    })

  async function sweep(scope: Scope, { id: appId }: LiveApp, retentionDays: number): Promise<Retained> {
    const now = edge.now()
    const before = now - retentionDays * DAY_MS
    const found = await look(scope, appId, retentionDays)
    const gone = { conversations: 0, visitors: 0 }
    for (const [root, condition] of [
      ['conversations', due(scope, appId, before)],
      ['visitors', forgotten(scope, appId, before, now)],
    ] as const)
      for (let n = AT_ONCE; n === AT_ONCE; gone[root] += n) n = await batch(scope, appId, root, condition)
    return { ...found, ...gone }
  }

  return {
    async apply(scope, { dryRun }) {
      const result: Retained[] = []
      let after: Record<string, unknown> | undefined
      do {
        const page: Record<string, unknown>[] = await apps.fitting(
          scope,
          { text: '1 = 1', values: [] },
          { after, limit: 100 },
        )
        for (const row of page) {
          const app = await tenancy.findApp(String(row['id']))
          const retentionDays = app?.live.config.retentionDays
          if (!app || retentionDays === undefined) continue
          const own = scope.of(app.tenantId)
          try {
            result.push(dryRun ? await look(own, app.id, retentionDays) : await sweep(own, app, retentionDays))
          } catch (error) {
            // What stands in the way of one app is no reason to keep what others want gone.
            if (scope.tenantId !== ALL_TENANTS) throw error
            log.error('retention-failed', { appId: app.id, reason: String(error) })
          }
        }
        after = page.at(-1)
      } while (after)
      if (!dryRun && result.some((it) => it.conversations + it.visitors > 0)) await purge.now()
      return result
    },
  }
}
