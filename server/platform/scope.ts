/** The first argument of every verb: whose rows may be seen, by whom, in which transaction. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { EntitySchema, InferEntity, RequiredEntityData } from '@mikro-orm/core'
import type { Role, Scope as KeyScope } from '@aside/protocol'
import { ALL_TENANTS, type Db, type Em, type Transaction } from './db.ts'
import type { Log } from './log.ts'

export type Actor =
  | {
      kind: 'visitor'
      visitorId: string
      sessionId: string
      appId: string
      /** Of the session, if it is not used. */
      endsAt?: number
      /** The session was started with a secret key: no page, and no form on one. */
      isBackend?: boolean
    }
  | { kind: 'key'; keyId: string; env: 'live' | 'test'; scopes: readonly KeyScope[] }
  | { kind: 'agent'; agentId: string; role: Role; scopes: readonly KeyScope[] }
  | { kind: 'page' }
  | { kind: 'operator' }
  | { kind: 'system' }

export interface Scope {
  readonly tenantId: string
  readonly actor: Actor
  /** The request it is done for; absent for what nobody asked for. */
  readonly call?: RequestOrigin | undefined
  /** Reads see this tenant only; the filter is on the entity manager, not in the query. */
  readonly em: Em
  readonly log: Log
  /** Inserts one row (or several, in one statement) of this tenant. */
  create<E extends EntitySchema>(entity: E, rows: NewRow<E> | NewRow<E>[]): Promise<void>
  readonly kind: Db['kind']
  /** Raw SQL with `?` placeholders, the first of which is this tenant. */
  sql<R extends object>(text: string, values?: unknown[]): Promise<R[]>
  /** A prepared statement with `?` placeholders, whoever's rows it is about: for `rowsOf`, and for work across tenants. */
  execute(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; affected: number }>
  /** One transaction; within another it is that one. What is awaited inside is the store, never the network. */
  transaction<T>(work: (scope: Scope) => Promise<T>): Promise<T>
  /**
   * Runs once others can see what the transaction did, which may be before the disk has it: for work that tells nobody outside.
   * At once where there is no transaction; never where it was rolled back.
   */
  atCommit(work: () => void): void
  /** The same, once it is on the disk: for whoever is told that it is stored. */
  afterCommit(work: () => void): void
  /**
   * Runs outside of the transaction, after it ended and however it ended: for what must stay when all else is taken back. Whoever
   * waits for the transaction waits for this too; what fails there is logged, for the outcome is settled. Now where there is none.
   */
  afterEnd(work: (outside: Scope) => Promise<void>): Promise<void>
  /** The same actor in another tenant, within the same transaction: for those who may act in any. */
  of(tenantId: string): Scope
}

type NewRow<E extends EntitySchema> = Omit<RequiredEntityData<InferEntity<E>>, 'tenantId'>

export interface RequestOrigin {
  requestId: string
  ip: string
}

interface Unit {
  transaction: Transaction
  atCommit: (() => void)[]
  afterCommit: (() => void)[]
  afterEnd: (() => Promise<void>)[]
}

export function createScope(
  db: Db,
  tenantId: string,
  actor: Actor,
  log: Log,
  call?: RequestOrigin,
  unit?: Unit,
): Scope {
  let em: Em | undefined
  const one = () => {
    if (tenantId === ALL_TENANTS) throw new Error('A row belongs to one tenant: name it with of()')
    return tenantId
  }
  const scope: Scope = {
    tenantId,
    actor,
    call,
    kind: db.kind,
    // Most requests never ask for it.
    get em() {
      return (em ??= db.em(tenantId, unit?.transaction))
    },
    log,
    async create(entity, rows) {
      const list = (Array.isArray(rows) ? rows : [rows]).map((row) => ({ ...row, tenantId: one() }))
      if (list.length > 0) await scope.em.insertMany(entity, list as never)
    },
    sql: async (text, values = []) => (await db.execute(unit?.transaction, text, [one(), ...values])).rows as never,
    execute: (text, values = []) => db.execute(unit?.transaction, text, values),
    async transaction(work) {
      if (unit) return work(scope)
      const atCommit: (() => void)[] = []
      const afterCommit: (() => void)[] = []
      const afterEnd: (() => Promise<void>)[] = []
      // What runs at the commit is not within the transaction, though it is called from there.
      const outside = AsyncLocalStorage.snapshot()
      try {
        const result = await db.transaction(
          (transaction) =>
            work(createScope(db, tenantId, actor, log, call, { transaction, atCommit, afterCommit, afterEnd })),
          () =>
            outside(() => {
              for (const run of atCommit) run()
            }),
        )
        for (const run of afterCommit) run()
        return result
      } finally {
        for (const run of afterEnd)
          await run().catch((error: unknown) => log.error('late-work-failed', { reason: String(error) }))
      }
    },
    atCommit(work) {
      if (unit) unit.atCommit.push(work)
      else work()
    },
    afterCommit(work) {
      if (unit) unit.afterCommit.push(work)
      else work()
    },
    async afterEnd(work) {
      if (!unit) return work(scope)
      const outside = createScope(db, tenantId, actor, log, call)
      unit.afterEnd.push(() => work(outside))
    },
    of: (other) => (other === tenantId ? scope : createScope(db, other, actor, log, call, unit)),
  }
  return scope
}

/** The work that is nobody's in particular: boot, recovery, checkpoints, and finding out whose a token is. */
export const acrossTenants = (db: Db, log: Log, actor: Actor = { kind: 'system' }, call?: RequestOrigin): Scope =>
  createScope(db, ALL_TENANTS, actor, log, call)
