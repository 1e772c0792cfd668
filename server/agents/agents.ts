import { UniqueConstraintViolationException } from '@mikro-orm/core'
import {
  type Agent,
  type AgentChanged,
  type AgentChanges,
  type AgentRemoved,
  Fault,
  type Invited,
  type Role,
} from '@aside/protocol'
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
import type { Keys } from '../keys/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import { type Cookie, createCookie } from './cookie.ts'
import type { AgentRow } from './entities.ts'
import { createPasswords } from './passwords.ts'
import { presentAgent } from './present.ts'
import { beyond, isAbove, mayHandle } from './ranks.ts'
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
  update(scope: Scope, agentId: string, changes: AgentChanges): Promise<AgentChanged>
  /**
   * Another invitation; what was before it is over. Who has it is that agent, so nobody makes one for somebody of their own rank
   * who has come in before, but an owner. Throws `not_found`, `forbidden`, `conflict` for one who is disabled.
   */
  invite(scope: Scope, agentId: string): Promise<Invited>
  /** Throws `not_found`, `forbidden`, and `conflict` for the last owner. */
  remove(scope: Scope, agentId: string): Promise<AgentRemoved>
  /** Throws `not_found` for an invitation that is over, `invalid_input` for a password that is easily guessed, `overloaded`. */
  accept(everywhere: Scope, input: { token: string; password: string }): Promise<Agent>
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  keys: Pick<Keys, 'madeBy'>
  /** The operator's. */
  seal: Seal
  publicUrl: () => string
}

export async function createAgents({ db, edge, log, audit, tenancy, keys, seal, publicUrl }: Parts): Promise<Agents> {
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

  /** Throws it, and writes it down. */
  async function refuse(scope: Scope, fault: Fault, role: Role, target?: string): Promise<never> {
    await audit.refused(scope, { action: 'access.refused', ...(target ? { target } : {}), detail: { role } })
    throw fault
  }

  /** Throws `forbidden`. */
  async function mustHandle(scope: Scope, role: Role, target?: string): Promise<void> {
    if (!mayHandle(scope.actor, role)) await refuse(scope, beyond(scope.actor, role), role, target)
  }

  const isSelf = ({ actor }: Scope, { id }: AgentRow) => actor.kind === 'agent' && actor.agentId === id

  /** Throws `forbidden` where this is for an owner to do. */
  async function mustBeAbove(scope: Scope, row: AgentRow, what: string): Promise<void> {
    if (isSelf(scope, row) || isAbove(scope.actor, row.role)) return
    const fault = new Fault(
      'forbidden',
      `Only an owner, or they themselves, ${what} of an agent with the role ${row.role}`,
    )
    await refuse(scope, fault, row.role, row.id)
  }

  /**
   * Changes one agent, with all owners locked before it, in one order: of two owners who remove one another only one succeeds.
   * `work` is given the others who could still own the tenant.
   */
  const change = <T>(
    scope: Scope,
    agentId: string,
    work: (tx: Scope, row: AgentRow, otherOwners: number) => Promise<T>,
  ): Promise<T> =>
    scope.transaction(async (tx) => {
      const owners = await agentRows.find(tx, { role: 'owner' }, { lock: true, orderBy: { id: 'asc' } })
      const row = await agentRows.one(tx, { id: agentId }, { lock: true })
      if (!row) throw noAgent()
      await mustHandle(tx, row.role, agentId)
      return work(tx, row, owners.filter((it) => it.id !== agentId && !it.disabledAt).length)
    })

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
      await mustHandle(scope, role)
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
      change(scope, agentId, async (tx, row, otherOwners) => {
        if (role) await mustHandle(tx, role, agentId)
        // Or who was made less could be invited anew, and made as much again.
        if (role && role !== row.role) await mustBeAbove(tx, row, 'may change the role')
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
        const left = isEnding ? await keys.madeBy(tx, agentId) : undefined
        const detail = {
          ...(left ? { keys: left.length } : {}),
          ...(name === undefined ? {} : { name: true }),
          ...(role === undefined ? {} : { before: row.role, role }),
          ...(disabled === undefined ? {} : { disabled }),
        }
        await audit.record(tx, { action: 'agent.updated', target: agentId, detail })
        return { ...presentAgent({ ...row, ...changes }), ...(left ? { keys: left } : {}) }
      }),

    invite: (scope, agentId) =>
      change(scope, agentId, async (tx, row) => {
        const hasComeIn = Boolean(row.passwordHash ?? row.lastLoginAt)
        if (hasComeIn) await mustBeAbove(tx, row, 'may replace the password')
        if (row.disabledAt) throw new Fault('conflict', 'This agent is disabled')
        const { token, ...invited } = invitation()
        const changes = { ...invited, passwordHash: null, tokenVersion: row.tokenVersion + 1 }
        await agentRows.update(tx, { id: agentId }, changes)
        await signIns.endAll(tx, agentId)
        await audit.record(tx, { action: 'agent.invited', target: agentId })
        return presentInvited({ ...row, ...changes }, token)
      }),

    remove: (scope, agentId) =>
      change(scope, agentId, async (tx, row, otherOwners) => {
        mustLeaveOwner(row, otherOwners)
        await signIns.endAll(tx, agentId)
        await agentRows.remove(tx, { id: agentId })
        const left = await keys.madeBy(tx, agentId)
        const detail = { role: row.role, keys: left.length }
        await audit.record(tx, { action: 'agent.removed', target: agentId, detail })
        return { id: agentId, keys: left }
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
