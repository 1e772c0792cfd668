import { Fault, type Key, type Scope as KeyScope } from '@aside/protocol'
import { acrossTenants, type Db, type Edge, type Log, newId, type Scope } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { type KeyRow, Keys as KeyTable } from './entities.ts'
import { presentKey } from './present.ts'
import { mintKey, readKey, sameHash } from './secret.ts'

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
  listKeys(scope: Scope): Promise<Key[]>
  /** Throws `not_found`. A key revoked before stays as it is. */
  revokeKey(scope: Scope, keyId: string): Promise<void>
  /** The key this text is, or undefined: mistyped, unknown, expired or revoked. A mistyped one costs no query. */
  findKey(text: string): Promise<KeyRow | undefined>
}

const LAST_USED_EVERY_MS = 60_000

export function createKeys({ db, edge, log, tenancy }: { db: Db; edge: Edge; log: Log; tenancy: Tenancy }): Keys {
  return {
    async createKey(scope, { kind, env, name, scopes, appId, expiresInDays }) {
      if (kind === 'publishable' && appId === undefined)
        throw new Fault('invalid_input', 'A publishable key names one app', {
          issues: [{ path: 'body.appId', message: 'needed for a publishable key' }],
        })
      if (appId !== undefined) await tenancy.readApp(scope, appId)
      const { actor } = scope
      const beyond = actor.kind === 'key' ? scopes.filter((it) => !actor.scopes.includes(it)) : []
      if (kind === 'secret' && beyond.length > 0)
        throw new Fault('scope_missing', `A key cannot give what it does not have: ${beyond.join(', ')}`)
      const minted = mintKey(kind, env)
      const now = edge.now()
      const row = {
        id: newId('key'),
        appId: appId ?? null,
        kind,
        env,
        name,
        scopes: kind === 'secret' ? scopes : [],
        kid: minted.kid,
        hash: minted.hash,
        hint: minted.text.slice(-4),
        createdAt: new Date(now),
        expiresAt: expiresInDays === undefined ? null : new Date(now + expiresInDays * 86_400_000),
        revokedAt: null,
        lastUsedAt: null,
      }
      await scope.create(KeyTable, row)
      return { key: presentKey({ ...row, tenantId: scope.tenantId }), secret: minted.text }
    },

    async listKeys(scope) {
      return (await scope.em.find(KeyTable, {}, { orderBy: { id: 'desc' } })).map(presentKey)
    },

    async revokeKey(scope, keyId) {
      await scope.transaction(async (tx) => {
        if ((await tx.em.count(KeyTable, { id: keyId })) === 0) throw new Fault('not_found', 'No such key')
        await tx.em.nativeUpdate(KeyTable, { id: keyId, revokedAt: null }, { revokedAt: new Date(edge.now()) })
      })
    },

    async findKey(text) {
      const read = readKey(text)
      if (!read) return undefined
      const { em } = acrossTenants(db, log)
      const row = await em.findOne(KeyTable, { kid: read.kid })
      // Compared in the same time whether or not the kid is known.
      const fits = sameHash(row?.hash ?? '-'.repeat(read.hash.length), read.hash)
      const now = edge.now()
      if (!row || !fits || row.revokedAt || (row.expiresAt && row.expiresAt.getTime() <= now)) return undefined
      if (now - (row.lastUsedAt?.getTime() ?? 0) > LAST_USED_EVERY_MS)
        await em.nativeUpdate(KeyTable, { id: row.id }, { lastUsedAt: new Date(now) })
      return row
    },
  }
}
