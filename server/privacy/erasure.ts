/** Erasing: nobody comes in any more, what runs is stopped, the rows go, and then what the store's files still hold of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditAction, type Erased, Fault } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import type { ConversationFacts, Drafts } from '../conversations/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Knowledge } from '../knowledge/index.ts'
import type { Edge, Facts, Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { personOf } from './person.ts'
import { belonging, type Root, type Table } from './places.ts'
import type { Purge } from './purge.ts'

/** Of visitors, and of sources: few enough for a short transaction. */
const AT_ONCE = { visitors: 20, sources: 5 }
/** Drafts of answers that ended longer ago are gone. */
const DRAFTED_MS = 3_600_000

export interface Erasure {
  /**
   * With those who turned out to be this visitor when they signed in. Throws `not_found`, and `conflict` where something of it is
   * held. Of one that was erased before nothing is left to do.
   */
  eraseVisitor(scope: Scope, visitorId: string): Promise<Erased>
  /** The same of an app. While it is under way the app is not found any more. */
  removeApp(scope: Scope, appId: string): Promise<Erased>
  /** The same. */
  eraseTenant(scope: Scope, tenantId: string): Promise<Erased>
  /** Removes what hangs on these, within the caller's transaction. Throws `conflict` where something of it is held. */
  remove(tx: Scope, root: Root, ids: string[]): Promise<Record<string, number>>
}

export interface ErasureParts {
  edge: Edge
  audit: Audit
  facts: Facts<ConversationFacts>
  tables: Table[]
  tenancy: Tenancy
  keys: Keys
  streams: Streams
  drafts: Drafts
  knowledge: Knowledge
  purge: Purge
}

/** Again where the store took back the one of two that waited for each other: a few times, for the other is done soon. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await work()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (tries === 8 || (code !== '40P01' && code !== '40001')) throw error
      await sleep(10 * tries * Math.random())
    }
}

export function createErasure(parts: ErasureParts): Erasure {
  const { edge, audit, facts, tables, tenancy, keys, streams, drafts, knowledge, purge } = parts
  const byName = new Map(tables.map((it) => [it.name, it]))
  const table = (name: string) => byName.get(name)!

  async function mustNotBeHeld(scope: Scope, root: Root, ids: string[]): Promise<void> {
    const holds = table('privacy_holds')
    // What holds somebody holds all they said before they signed in.
    const merges = root === 'visitors' ? await table('visitor_merges').rows.find(scope, { visitorId: ids }) : []
    const condition = belonging(holds, root, [...ids, ...merges.map((it) => String(it['intoId']))])
    const [held] = condition ? await holds.rows.fitting(scope, condition, { limit: 1 }) : []
    if (!held) return
    // Why, is between the owner and whoever asked them to keep it.
    if (scope.actor.kind === 'visitor')
      throw new Fault('conflict', 'Some of it has to be kept: ask the owner of this site')
    throw new Fault('conflict', `This is held (${String(held['id'])}): release the hold first`)
  }

  /**
   * Nobody writes for these visitors until the transaction is over. The conversations first, as whoever writes does: the other way
   * round the two would wait for each other.
   */
  async function hold(tx: Scope, ids: string[]): Promise<void> {
    await table('conversations').rows.find(tx, { visitorId: ids }, { lock: true, orderBy: { id: 'asc' } })
    await table('visitors').rows.find(tx, { id: ids }, { lock: true, orderBy: { id: 'asc' } })
  }

  /** The visitors that are this person, held: one of them may be signing in just now. */
  async function holdPerson(tx: Scope, id: string): Promise<string[]> {
    for (let ids = await personOf(tx, tables, id); ;) {
      await hold(tx, ids)
      const now = await personOf(tx, tables, id)
      if (now.length === ids.length) return now
      ids = now
    }
  }

  /** Whoever signed in while they asked is somebody else by now, and their conversation that person's. */
  async function mustBeThemselves(tx: Scope, id: string): Promise<void> {
    if (tx.actor.kind !== 'visitor') return
    const merged = await table('visitor_merges').rows.find(tx, { visitorId: id })
    if (merged.length > 0) throw new Fault('unauthenticated', 'You have signed in meanwhile: ask once more')
  }

  async function remove(tx: Scope, root: Root, ids: string[]): Promise<Record<string, number>> {
    if (root === 'visitors') await hold(tx, ids)
    await mustNotBeHeld(tx, root, ids)
    const gone: Record<string, number> = {}
    for (const it of tables) {
      const condition = belonging(it, root, ids)
      const count = condition ? await it.rows.removeFitting(tx, condition) : 0
      if (count > 0) gone[it.name] = count
    }
    return gone
  }

  /** Stops what runs, and returns the answers that drafts may know. */
  async function stopTurns(scope: Scope, root: Root, ids: string[]): Promise<string[]> {
    const turns = table('turns')
    const condition = belonging(turns, root, ids)!
    const recent = {
      text: `(${condition.text}) and ("ended_at" is null or "ended_at" > ?)`,
      values: [...condition.values, instant(scope, edge.now() - DRAFTED_MS)],
    }
    const answers: string[] = []
    let after: Record<string, unknown> | undefined
    do {
      const page: Record<string, unknown>[] = await turns.rows.fitting(scope, recent, { after, limit: 100 })
      await Promise.all(
        page
          .filter((turn) => turn['endedAt'] === null)
          .map((turn) => facts.tell('stopping', { tenantId: scope.tenantId, turnId: String(turn['id']) })),
      )
      after = page.at(-1)
      // What began while it was being stopped has an answer now.
      const now = await turns.rows.find(scope, { id: page.map((it) => it['id']) })
      answers.push(...now.flatMap((turn) => (typeof turn['answerId'] === 'string' ? [turn['answerId']] : [])))
    } while (after)
    return answers
  }

  function closeStreams(isOver: (reader: { visitorId: string; appId: string }) => boolean): void {
    for (const { visitorId, appId, sessionIds } of streams.listening())
      if (isOver({ visitorId, appId })) for (const id of sessionIds) streams.endSession(id, visitorId)
  }

  /** Removes batch after batch, so that nobody who chats waits for long. */
  async function removeInBatches(
    scope: Scope,
    root: 'visitors' | 'sources',
    of: string,
    rows: Record<string, number>,
  ): Promise<void> {
    for (;;) {
      const condition = belonging(table(root), 'apps', [of])!
      const page = await table(root).rows.fitting(scope, condition, { limit: AT_ONCE[root] })
      if (page.length === 0) return
      const ids = page.map((it) => String(it['id']))
      add(rows, await insist(() => scope.transaction((tx) => remove(tx, root, ids))))
    }
  }

  /** Nobody finds the app from here on, and whoever is in it is let go. */
  async function closeApps(scope: Scope, appIds: string[]): Promise<void> {
    await scope.transaction(async (tx) => {
      for (const appId of appIds) {
        await table('activations').rows.remove(tx, { appId })
        await table('sessions').rows.update(tx, { appId, endedAt: null }, { endedAt: new Date(edge.now()) })
      }
    })
    for (const appId of appIds) {
      tenancy.forget(appId)
      knowledge.forget(scope.tenantId, appId)
    }
    closeStreams(({ appId }) => appIds.includes(appId))
  }

  async function finish(
    scope: Scope,
    root: Root,
    id: string,
    { action, rows, answers }: { action: AuditAction; rows: Record<string, number>; answers: string[] },
  ): Promise<Erased> {
    const before = { ...rows }
    await insist(() =>
      scope.transaction(async (tx) => {
        if (root !== 'visitors') await table(root).rows.find(tx, { id }, { lock: true })
        const ids = root === 'visitors' ? await holdPerson(tx, id) : [id]
        if (root === 'visitors') await mustBeThemselves(tx, id)
        for (const name of Object.keys(rows)) delete rows[name]
        add(rows, before)
        add(rows, await remove(tx, root, ids))
        const total = Object.values(rows).reduce((sum, it) => sum + it, 0)
        // Of a tenant that is gone the server itself keeps that it is.
        await audit.record(root === 'tenants' ? tx.of('-') : tx, { action, target: id, detail: { rows: total } })
        // By their ids, too: a backup of the time before they signed in knows them by nothing else.
        for (const merged of ids.slice(1)) await audit.record(tx, { action, target: merged, detail: { with: id } })
      }),
    )
    await drafts.forgetAnswers(answers)
    return { id, rows, isCompacted: await purge.now(answers) }
  }

  /** What is not there was never there, or was erased: that, the audit log remembers. */
  async function erasedBefore(scope: Scope, action: AuditAction, id: string, missing: string): Promise<Erased> {
    const { items } = await audit.list(scope, { action, target: id, limit: 1 })
    if (items.length === 0) throw new Fault('not_found', missing)
    return { id, rows: {}, isCompacted: true }
  }

  return {
    remove,

    async eraseVisitor(scope, visitorId) {
      const [visitor] = await table('visitors').rows.find(scope, { id: visitorId })
      if (!visitor) return erasedBefore(scope, 'privacy.erased', visitorId, 'No such visitor')
      const ids = await personOf(scope, tables, visitorId)
      await mustNotBeHeld(scope, 'visitors', ids)
      await table('sessions').rows.update(scope, { visitorId: ids, endedAt: null }, { endedAt: new Date(edge.now()) })
      const close = () => closeStreams((reader) => ids.includes(reader.visitorId))
      close()
      const answers = await stopTurns(scope, 'visitors', ids)
      const erased = await finish(scope, 'visitors', visitorId, { action: 'privacy.erased', rows: {}, answers })
      // One that was just being opened while the session ended.
      close()
      return erased
    },

    async removeApp(scope, appId) {
      const [app] = await table('apps').rows.find(scope, { id: appId })
      if (!app) return erasedBefore(scope, 'app.removed', appId, 'No such app')
      await mustNotBeHeld(scope, 'apps', [appId])
      await closeApps(scope, [appId])
      const answers = await stopTurns(scope, 'apps', [appId])
      const rows = {}
      for (const root of ['visitors', 'sources'] as const) await removeInBatches(scope, root, appId, rows)
      const erased = await finish(scope, 'apps', appId, { action: 'app.removed', rows, answers })
      closeStreams((reader) => reader.appId === appId)
      return erased
    },

    async eraseTenant(everywhere, tenantId) {
      const scope = everywhere.of(tenantId)
      const [tenant] = await table('tenants').rows.find(scope, { id: tenantId })
      if (!tenant) return erasedBefore(everywhere.of('-'), 'privacy.erased', tenantId, 'No such tenant')
      await mustNotBeHeld(scope, 'tenants', [tenantId])
      const apps = await table('apps').rows.find(scope, {}, { orderBy: { id: 'asc' } })
      const appIds = apps.map((it) => String(it['id']))
      await table('keys').rows.update(scope, { revokedAt: null }, { revokedAt: new Date(edge.now()) })
      keys.forget()
      await closeApps(scope, appIds)
      const answers = await stopTurns(scope, 'tenants', [tenantId])
      const rows = {}
      for (const appId of appIds)
        for (const root of ['visitors', 'sources'] as const) await removeInBatches(scope, root, appId, rows)
      const erased = await finish(scope, 'tenants', tenantId, { action: 'privacy.erased', rows, answers })
      closeStreams((reader) => appIds.includes(reader.appId))
      return erased
    },
  }
}

/** An instant as the store compares it. */
export const instant = ({ kind }: Scope, ms: number): number | Date => (kind === 'sqlite' ? ms : new Date(ms))

function add(to: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) to[name] = (to[name] ?? 0) + count
}
