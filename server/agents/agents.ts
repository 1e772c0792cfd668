import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { type Agent, type AgentChanges, Fault, type Invited, type Role } from '@aside/protocol'
import { actorName, type Audit } from '../audit/index.ts'
import {
  type Db,
  type Edge,
  type Log,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  type Scope,
  type Seal,
} from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { type Cookie, createCookie } from './cookie.ts'
import type { AgentRow } from './entities.ts'
import { createPasswords } from './passwords.ts'
import { presentAgent } from './present.ts'
import { mayHandle, mustHandle } from './ranks.ts'
import { hashOf, mint, openSecrets } from './secrets.ts'
import { agentRows, asAgent, createSignIns, type SignIns } from './sign-ins.ts'

const INVITED_MS = 7 * 86_400_000

export interface Agents {
  readonly signIns: SignIns
  readonly cookie: Cookie
  /** The agent who asks. */
  me(scope: Scope): Promise<Agent>
  /** The invitation is in the result and nowhere else. Throws `forbidden`, and `conflict` for an address that is there already. */
  create(scope: Scope, input: { email: string; name: string; role: Role }): Promise<Invited>
  list(scope: Scope, query: PageQuery): Promise<Page<Agent>>
  /** Throws `not_found`, `forbidden`, and `conflict` where no owner would be left. */
  update(scope: Scope, agentId: string, changes: AgentChanges): Promise<Agent>
  /** Another invitation; what was before it is over. Throws `not_found`, `forbidden`, `conflict` for one who is disabled. */
  invite(scope: Scope, agentId: string): Promise<Invited>
  /** Throws `not_found`, `forbidden`, and `conflict` for the last owner. */
  remove(scope: Scope, agentId: string): Promise<void>
  /** Throws `not_found` for an invitation that is over, `invalid_input` for a password that is easily guessed, `overloaded`. */
  accept(everywhere: Scope, input: { token: string; password: string }): Promise<Agent>
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  /** The operator's. */
  seal: Seal
  publicUrl: () => string
}

export async function createAgents({ db, edge, log, audit, tenancy, seal, publicUrl }: Parts): Promise<Agents> {
  const secrets = await openSecrets({ db, log, seal })
  const passwords = createPasswords(secrets)
  const signIns = createSignIns({ db, edge, log, audit, secrets, passwords })
  const noAgent = () => new Fault('not_found', 'No such agent')

  const invitation = () => {
    const token = mint('inv')
    return { token, inviteHash: hashOf(token), inviteExpiresAt: new Date(edge.now() + INVITED_MS) }
  }
  const presentInvited = (row: AgentRow, token: string): Invited => ({
    agent: presentAgent(row),
    invitation: { token, expiresAt: row.inviteExpiresAt!.toISOString() },
  })

  /** Before there is a transaction, which would take the row of the refusal back with it. */
  async function refuseAbove(scope: Scope, role: Role, target?: string): Promise<void> {
    if (mayHandle(scope.actor, role)) return
    await audit.refused(scope, { action: 'access.refused', ...(target ? { target } : {}), detail: { role } })
    mustHandle(scope.actor, role)
  }

  /**
   * Changes one agent, with all owners locked before it, in one order: of two owners who remove one another only one succeeds.
   * `work` is given the others who could still own the tenant.
   */
  async function change<T>(
    scope: Scope,
    agentId: string,
    role: Role | undefined,
    work: (tx: Scope, row: AgentRow, otherOwners: number) => Promise<T>,
  ): Promise<T> {
    const before = await agentRows.one(scope, { id: agentId })
    if (!before) throw noAgent()
    await refuseAbove(scope, before.role, agentId)
    if (role) await refuseAbove(scope, role, agentId)
    return scope.transaction(async (tx) => {
      const owners = await agentRows.find(tx, { role: 'owner' }, { lock: true, orderBy: { id: 'asc' } })
      const row = await agentRows.one(tx, { id: agentId }, { lock: true })
      if (!row) throw noAgent()
      mustHandle(scope.actor, row.role)
      return work(tx, row, owners.filter((it) => it.id !== agentId && !it.disabledAt).length)
    })
  }

  function mustLeaveOwner(row: AgentRow, otherOwners: number): void {
    if (row.role === 'owner' && !row.disabledAt && otherOwners === 0)
      throw new Fault('conflict', 'This is the last owner: make another one first')
  }

  return {
    signIns,
    cookie: createCookie(publicUrl),

    async me(scope) {
      const { actor } = scope
      const row = actor.kind === 'agent' ? await agentRows.one(scope, { id: actor.agentId }) : undefined
      if (!row) throw new Fault('unauthenticated', 'Nobody is signed in here')
      return presentAgent(row)
    },

    async create(scope, { email, name, role }) {
      await refuseAbove(scope, role)
      const { token, ...invited } = invitation()
      const row = {
        id: newId('agent'),
        email,
        name,
        role,
        passwordHash: null,
        tokenVersion: 1,
        ...invited,
        createdBy: actorName(scope.actor),
        createdAt: new Date(edge.now()),
        disabledAt: null,
        lastLoginAt: null,
      }
      const there = (cause?: unknown) =>
        new Fault('conflict', 'Somebody with this e-mail address is here already', { cause })
      try {
        await scope.transaction(async (tx) => {
          await tenancy.readTenant(tx, tx.tenantId)
          if (await agentRows.one(tx, { email })) throw there()
          await agentRows.insert(tx, row)
          await audit.record(tx, { action: 'agent.created', target: row.id, detail: { role } })
        })
      } catch (error) {
        throw error instanceof UniqueConstraintViolationException ? there(error) : error
      }
      return presentInvited({ ...row, tenantId: scope.tenantId }, token)
    },

    async list(scope, query) {
      const page = await pageOf(scope, 'agents', query, (after, limit) =>
        agentRows.find(
          scope,
          { id: after === undefined ? undefined : { gt: after } },
          { orderBy: { id: 'asc' }, limit },
        ),
      )
      return { ...page, items: page.items.map(presentAgent) }
    },

    update: (scope, agentId, { name, role, disabled }) =>
      change(scope, agentId, role, async (tx, row, otherOwners) => {
        if (disabled || (role && role !== 'owner')) mustLeaveOwner(row, otherOwners)
        const isEnding = disabled === true && !row.disabledAt
        const changes = {
          ...(name === undefined ? {} : { name }),
          ...(role === undefined ? {} : { role }),
          ...(disabled === false ? { disabledAt: null } : {}),
          ...(isEnding ? { disabledAt: new Date(edge.now()), tokenVersion: row.tokenVersion + 1 } : {}),
        }
        if (Object.keys(changes).length > 0) await agentRows.update(tx, { id: agentId }, changes)
        if (isEnding) await signIns.endAll(tx, agentId)
        else tx.atCommit(() => signIns.forget(agentId))
        const detail = {
          ...(name === undefined ? {} : { name: true }),
          ...(role === undefined ? {} : { before: row.role, role }),
          ...(disabled === undefined ? {} : { disabled }),
        }
        await audit.record(tx, { action: 'agent.updated', target: agentId, detail })
        return presentAgent({ ...row, ...changes })
      }),

    invite: (scope, agentId) =>
      change(scope, agentId, undefined, async (tx, row) => {
        if (row.disabledAt) throw new Fault('conflict', 'This agent is disabled')
        const { token, ...invited } = invitation()
        const changes = { ...invited, passwordHash: null, tokenVersion: row.tokenVersion + 1 }
        await agentRows.update(tx, { id: agentId }, changes)
        await signIns.endAll(tx, agentId)
        await audit.record(tx, { action: 'agent.invited', target: agentId })
        return presentInvited({ ...row, ...changes }, token)
      }),

    remove: (scope, agentId) =>
      change(scope, agentId, undefined, async (tx, row, otherOwners) => {
        mustLeaveOwner(row, otherOwners)
        await signIns.endAll(tx, agentId)
        await agentRows.remove(tx, { id: agentId })
        await audit.record(tx, { action: 'agent.removed', target: agentId, detail: { role: row.role } })
      }),

    async accept(scope, { token, password }) {
      const over = () => new Fault('not_found', 'This invitation is not known, or over: ask for another one')
      const where = { inviteHash: hashOf(token), inviteExpiresAt: { gt: new Date(edge.now()) }, disabledAt: null }
      const invited = await agentRows.one(scope, where)
      if (!invited) throw over()
      const passwordHash = await passwords.hash(invited.email, password)
      return asAgent(db, log, invited, scope.call).transaction(async (tx) => {
        const row = await agentRows.one(tx, { id: invited.id, ...where }, { lock: true })
        if (!row) throw over()
        const changes = { passwordHash, inviteHash: null, inviteExpiresAt: null, tokenVersion: row.tokenVersion + 1 }
        await agentRows.update(tx, { id: row.id }, changes)
        await signIns.endAll(tx, row.id)
        await audit.record(tx, { action: 'agent.accepted', target: row.id })
        return presentAgent({ ...row, ...changes })
      })
    },
  }
}
