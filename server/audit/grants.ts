import { Fault, type Scope as KeyScope } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { Audit } from './audit.ts'

/**
 * Nobody gives more than they have: throws `scope_missing` where a key or an agent lacks one of the scopes that what they make would
 * have, and writes it down. The operator has all of them.
 */
export async function mustHave(audit: Audit, scope: Scope, given: readonly KeyScope[], target?: string): Promise<void> {
  const { actor } = scope
  if (actor.kind !== 'key' && actor.kind !== 'agent') return
  const beyond = given.filter((it) => !actor.scopes.includes(it))
  if (beyond.length === 0) return
  const detail = { scope: beyond.join(' ') }
  await audit.refused(scope, { action: 'access.refused', ...(target ? { target } : {}), detail })
  const who = actor.kind === 'agent' ? 'Your role' : 'This key'
  throw new Fault('scope_missing', `${who} cannot give what it does not have: ${beyond.join(', ')}`)
}
