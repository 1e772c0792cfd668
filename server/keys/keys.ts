import { Fault, type Key, type Scope as KeyScope, type WorkingKey } from '@aside/protocol'
import { actorName, type Audit, mustHave } from '../audit/index.ts'
import {
  acrossTenants,
  type Db,
  type Edge,
  type Log,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { type KeyRow, Keys as KeyTable } from './entities.ts'
import { presentKey, presentWorking } from './present.ts'
import { mintKey, readKey, sameHash } from './secret.ts'

const keyRows = rowsOf(KeyTable)

export interface NewKey {
  kind: 'publishable' | 'secret'
  env: 'live' | 'test'
  name: string
  scopes: KeyScope[]
  appId?: string | undefined
  expiresInDays?: number | undefined
}

export interface Keys {
  /** The secret is in the result and nowhere else, ever. */
  createKey(scope: Scope, input: NewKey): Promise<{ key: Key; secret: string }>
  listKeys(scope: Scope, query: PageQuery): Promise<Page<Key>>
  /** Another key in the place of this one, which ends after `overlapHours`; at 0 as if it were revoked. Throws `not_found`, `conflict` for one that has ended. */
  rotateKey(scope: Scope, keyId: string, input: { overlapHours: number }): Promise<{ key: Key; secret: string }>
  /**
   * The keys that are good now and were made by this agent or key, or by a key that was: whoever made them has seen them. The
   * newest first.
   */
  madeBy(scope: Scope, maker: string): Promise<WorkingKey[]>
  /** Throws `not_found`. A key revoked before stays as it is. */
  revokeKey(scope: Scope, keyId: string): Promise<void>
  /**
   * The key this text is, or undefined: mistyped, unknown, expired or revoked. A mistyped one costs no query, one seen within the
   * last second none either: so a revocation is known everywhere after a second, and in this process at once.
   */
  findKey(text: string): Promise<KeyRow | undefined>
  /** What was seen of keys before does not count. */
  forget(): void
}

const LAST_USED_EVERY_MS = 60_000
const FRESH_MS = 1_000
const HOUR_MS = 3_600_000

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  /** Ends what was begun with the key, in the transaction that ends it at once. */
  revoking: (tx: Scope, keyId: string) => Promise<void>
}

export function createKeys({ db, edge, log, audit, tenancy, revoking }: Parts): Keys {
  /** By the hash of the whole key, so that nobody's guess is ever found here. */
  const seen = new Map<string, { at: number; row: KeyRow }>()
  const everywhere = acrossTenants(db, log)
  const noKey = () => new Fault('not_found', 'No such key')
  const hasEnded = (row: KeyRow, now: number) => Boolean(row.revokedAt) || (row.expiresAt?.getTime() ?? Infinity) <= now

  async function insert(
    tx: Scope,
    given: Pick<KeyRow, 'appId' | 'kind' | 'env' | 'name' | 'scopes' | 'expiresAt'>,
  ): Promise<{ key: Key; secret: string }> {
    const minted = mintKey(given.kind, given.env)
    const row = {
      id: newId('key'),
      ...given,
      kid: minted.kid,
      hash: minted.hash,
      hint: minted.text.slice(-4),
      createdBy: actorName(tx.actor),
      rotatedTo: null,
      createdAt: new Date(edge.now()),
      revokedAt: null,
      lastUsedAt: null,
    }
    await keyRows.insert(tx, row)
    return { key: presentKey({ ...row, tenantId: tx.tenantId }), secret: minted.text }
  }

  return {
    async createKey(scope, { kind, env, name, scopes, appId, expiresInDays }) {
      if (kind === 'publishable' && appId === undefined)
        throw new Fault('invalid_input', 'A publishable key names one app', {
          issues: [{ path: 'body.appId', message: 'needed for a publishable key' }],
        })
      if (kind === 'secret' && appId !== undefined)
        throw new Fault('invalid_input', 'A secret key is its tenant’s: it names no app', {
          issues: [{ path: 'body.appId', message: 'only for a publishable key' }],
        })
      const given = kind === 'secret' ? scopes : []
      await mustHave(audit, scope, given)
      const expiresAt = expiresInDays === undefined ? null : new Date(edge.now() + expiresInDays * 24 * HOUR_MS)
      return scope.transaction(async (tx) => {
        if (appId !== undefined) await tenancy.readApp(tx, appId)
        else await tenancy.readTenant(tx, tx.tenantId)
        const made = await insert(tx, { appId: appId ?? null, kind, env, name, scopes: given, expiresAt })
        await audit.record(tx, {
          action: 'key.created',
          target: made.key.id,
          detail: { kind, env, scopes: given.join(' ') },
        })
        return made
      })
    },

    async listKeys(scope, query) {
      const page = await pageOf(scope, 'keys', query, (after, limit) =>
        keyRows.find(
          scope,
          { id: after === undefined ? undefined : { lt: after } },
          { orderBy: { id: 'desc' }, limit },
        ),
      )
      return { ...page, items: page.items.map(presentKey) }
    },

    rotateKey: (scope, keyId, { overlapHours }) =>
      scope.transaction(async (tx) => {
        const old = await keyRows.one(tx, { id: keyId }, { lock: true })
        if (!old) throw noKey()
        const now = edge.now()
        if (hasEnded(old, now)) throw new Fault('conflict', 'This key has ended: create another one')
        if (old.rotatedTo)
          throw new Fault('conflict', 'This key was rotated before: rotate the one that took its place')
        await mustHave(audit, tx, old.scopes, keyId)
        // As long again as the old one was to live.
        const lifeMs = (old.expiresAt?.getTime() ?? Infinity) - old.createdAt.getTime()
        const expiresAt = lifeMs === Infinity ? null : new Date(now + lifeMs)
        const { appId, kind, env, name, scopes } = old
        const made = await insert(tx, { appId, kind, env, name, scopes, expiresAt })
        const end = new Date(Math.min(now + overlapHours * HOUR_MS, old.expiresAt?.getTime() ?? Infinity))
        await keyRows.update(tx, { id: keyId }, { rotatedTo: made.key.id, expiresAt: end })
        // At once is for a key that has leaked: what a stranger began with it ends like the key.
        if (overlapHours === 0) await revoking(tx, keyId)
        await audit.record(tx, { action: 'key.rotated', target: keyId, detail: { to: made.key.id, overlapHours } })
        tx.afterCommit(() => seen.delete(old.hash))
        return made
      }),

    revokeKey: (scope, keyId) =>
      scope.transaction(async (tx) => {
        const row = await keyRows.one(tx, { id: keyId }, { lock: true })
        if (!row) throw noKey()
        if (row.revokedAt) return
        await keyRows.update(tx, { id: keyId }, { revokedAt: new Date(edge.now()) })
        await revoking(tx, keyId)
        await audit.record(tx, { action: 'key.revoked', target: keyId })
        tx.afterCommit(() => seen.delete(row.hash))
      }),

    async madeBy(scope, maker) {
      const now = edge.now()
      const all: KeyRow[] = []
      // Through those that have ended too: what was made with them has not.
      for (let makers = [maker]; makers.length > 0;) {
        const made = await keyRows.find(scope, { createdBy: makers })
        all.push(...made)
        makers = made.map((it) => it.id)
      }
      return all
        .filter((it) => !hasEnded(it, now))
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .map(presentWorking)
    },

    forget: () => seen.clear(),

    async findKey(text) {
      const read = readKey(text)
      if (!read) return undefined
      const now = edge.now()
      const hit = seen.get(read.hash)
      let row = hit && Math.abs(now - hit.at) < FRESH_MS ? hit.row : undefined
      if (!row) {
        const found = await keyRows.one(everywhere, { kid: read.kid })
        // Compared in the same time whether or not the kid is known.
        const fits = sameHash(found?.hash ?? '-'.repeat(read.hash.length), read.hash)
        if (!found || !fits) return undefined
        row = found
        if (seen.size >= 10_000) seen.clear()
        seen.set(read.hash, { at: now, row })
      }
      if (hasEnded(row, now)) return undefined
      if (now - (row.lastUsedAt?.getTime() ?? 0) > LAST_USED_EVERY_MS) {
        row.lastUsedAt = new Date(now)
        await keyRows.update(everywhere, { id: row.id }, { lastUsedAt: row.lastUsedAt })
      }
      return row
    },
  }
}
