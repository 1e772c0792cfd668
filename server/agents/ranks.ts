import { Fault, type Role, roles, scopesOf } from '@aside/protocol'
import type { Actor } from '../platform/index.ts'

const rank = (role: Role) => roles.indexOf(role)

/**
 * May this actor give the role, or change somebody who has it? Nobody above themselves; a key at most `admin`, and only what it
 * may itself, or it could make itself a person who may more.
 */
export function mayHandle(actor: Actor, role: Role): boolean {
  switch (actor.kind) {
    case 'operator':
    case 'system':
      return true
    case 'agent':
      return rank(role) <= rank(actor.role)
    case 'key':
      return rank(role) <= rank('admin') && scopesOf(role).every((it) => actor.scopes.includes(it))
    default:
      return false
  }
}

/** Is this actor above the role? Owners are above everybody: they answer for the tenant. A key is never more than an admin. */
export function isAbove(actor: Actor, role: Role): boolean {
  switch (actor.kind) {
    case 'operator':
    case 'system':
      return true
    case 'agent':
      return actor.role === 'owner' || rank(role) < rank(actor.role)
    case 'key':
      return rank(role) < rank('admin')
    default:
      return false
  }
}

/** Why an actor may not handle the role. */
export const beyond = (actor: Actor, role: Role): Fault =>
  new Fault(
    'forbidden',
    actor.kind === 'key'
      ? `This key cannot handle the role ${role}: it may less`
      : `The role ${role} is above your own`,
  )
