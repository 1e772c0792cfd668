import { Fault, type Scope as KeyScope } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { Audit } from './audit.ts'

/** What an actor may: the operator and the system everything, a visitor or a page nothing that has a scope. */
export function holds({ actor }: Scope, needed: KeyScope): boolean {
  if (actor.kind === 'operator' || actor.kind === 'system') return true
  return (actor.kind === 'key' || actor.kind === 'agent') && actor.scopes.includes(needed)
}

/**
 * For what takes more than the scope of its endpoint, as to give something does: nobody gives more than they have. Throws
 * `scope_missing`, and writes that down.
 */
export async function mustHave(
  audit: Audit,
  scope: Scope,
  needed: readonly KeyScope[],
  target?: string,
): Promise<void> {
  const lacking = needed.filter((it) => !holds(scope, it))
  if (lacking.length === 0) return
  const detail = { scope: lacking.join(' ') }
  await audit.refused(scope, { action: 'access.refused', ...(target ? { target } : {}), detail })
  const who = scope.actor.kind === 'agent' ? 'Your role' : 'This key'
  throw new Fault('scope_missing', `${who} lacks what this takes: ${lacking.join(', ')}`)
}
