/** The secrets an app's backend signs with: two at the most, so that one can take the other's place without a gap. */
import { randomBytes } from 'node:crypto'
import { Fault, type IdentitySecret, type IdentitySecretCreated } from '@aside/protocol'
import { actorName, type Audit, mustHave } from '../audit/index.ts'
import {
  type Edge,
  type Log,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  rowsOf,
  type Scope,
  type Seal,
} from '../platform/index.ts'
import { lockApp, type Tenancy } from '../tenancy/index.ts'
import { IdentitySecrets } from './entities.ts'
import { presentSecret } from './present.ts'
import type { SecretFound } from './token.ts'

const secretRows = rowsOf(IdentitySecrets)
const MOST_ACTIVE = 2
const idShape = /^ids_[0-9a-z]{26}$/

export interface Secrets {
  /**
   * Whoever has it can sign visitors in and write as them: throws `scope_missing` for who may not `chat`. Throws `not_found` for no such app, `conflict` where two are good already. The secret is in the result and nowhere else.
   */
  create(scope: Scope, input: { appId: string; name: string }): Promise<IdentitySecretCreated>
  /** Throws `not_found`. */
  list(scope: Scope, appId: string, query: PageQuery): Promise<Page<IdentitySecret>>
  /** Ends every session it proved, in the same transaction. Twice is once. Throws `not_found`. */
  revoke(scope: Scope, secretId: string): Promise<void>
  active(scope: Scope, appId: string): Promise<IdentitySecret[]>
  /** The key behind a `kid`, of this app only. */
  find(scope: Scope, appId: string, kid: string): Promise<SecretFound>
  /** Keeps it from being revoked until the transaction is over. False where it was revoked before. */
  hold(tx: Scope, secretId: string): Promise<boolean>
}

interface Parts {
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  seal: Seal
  /** Ends what the secret proved, in the transaction that revokes it. */
  revoking: (tx: Scope, secretId: string) => Promise<void>
}

const placeOf = (tenantId: string, id: string) => `identity_secrets ${tenantId} ${id}`

export function createSecrets({ edge, log, audit, tenancy, seal, revoking }: Parts): Secrets {
  return {
    create: (scope, { appId, name }) =>
      scope.transaction(async (tx) => {
        await mustHave(audit, tx, ['chat'])
        await lockApp(tx, appId)
        const active = await secretRows.find(tx, { appId, revokedAt: null })
        if (active.length >= MOST_ACTIVE)
          throw new Fault('conflict', 'Two identity secrets are good already: revoke the one that is not used any more')
        const id = newId('identitySecret')
        const key = randomBytes(32).toString('base64url')
        const row = {
          id,
          appId,
          name,
          sealed: seal.close(key, placeOf(tx.tenantId, id)),
          createdBy: actorName(tx.actor),
          createdAt: new Date(edge.now()),
          revokedAt: null,
        }
        await secretRows.insert(tx, row)
        await audit.record(tx, { action: 'identity.secret_created', target: id, detail: { app: appId } })
        return { identitySecret: presentSecret(row), secret: `${id}.${key}` }
      }),

    async list(scope, appId, query) {
      await tenancy.identityModes.read(scope, appId)
      const page = await pageOf(scope, `identity-secrets ${appId}`, query, (after, limit) =>
        secretRows.find(
          scope,
          { appId, id: after === undefined ? undefined : { lt: after } },
          { orderBy: { id: 'desc' }, limit },
        ),
      )
      return { ...page, items: page.items.map(presentSecret) }
    },

    revoke: (scope, secretId) =>
      scope.transaction(async (tx) => {
        const row = await secretRows.one(tx, { id: secretId }, { lock: true })
        if (!row) throw new Fault('not_found', 'No such identity secret')
        if (row.revokedAt) return
        await secretRows.update(tx, { id: secretId }, { revokedAt: new Date(edge.now()) })
        await revoking(tx, secretId)
        await audit.record(tx, { action: 'identity.secret_revoked', target: secretId, detail: { app: row.appId } })
      }),

    async active(scope, appId) {
      const rows = await secretRows.find(scope, { appId, revokedAt: null }, { orderBy: { id: 'asc' } })
      return rows.map(presentSecret)
    },

    async find(scope, appId, kid) {
      // What is no id is not looked for, and could not be told from one that is not there.
      const row = await secretRows.one(scope, { id: idShape.test(kid) ? kid : 'ids_', appId, revokedAt: null })
      if (!row) return undefined
      const key = seal.open(row.sealed, placeOf(row.tenantId, row.id))
      if (key === undefined) {
        log.error('identity-secret-unreadable', {
          secretId: row.id,
          fix: 'ASIDE_SECRETS_KEY is not the one it was sealed with',
        })
        return 'unreadable'
      }
      return { key: Buffer.from(key) }
    },

    async hold(tx, secretId) {
      const held = await tx.sql(
        `select 1 as good from identity_secrets where tenant_id = ? and id = ? and revoked_at is null${tx.kind === 'postgres' ? ' for share' : ''}`,
        [secretId],
      )
      return held.length > 0
    },
  }
}
