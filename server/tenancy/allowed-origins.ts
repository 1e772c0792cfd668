/** What an owner may allow: an origin as browsers send it, or all hosts below a domain that one owner can have. */
import { parse } from 'tldts'
import { Fault, type Issue } from '@aside/protocol'
import { isShared } from './shared-hosts.ts'

/** Why an origin stands for other people's pages too. Undefined where it does not. */
export function problemOf(origin: string): string | undefined {
  const wildcard = /^(https?:\/\/)\*\.([a-z0-9.-]+)(:\d{1,5})?$/.exec(origin)
  if (!wildcard) return undefined
  const { isIp, isPrivate, publicSuffix, hostname, domain } = parse(wildcard[2]!, { allowPrivateDomains: true })
  if (isIp) return 'no wildcard before an IP address'
  if (domain === null || hostname === publicSuffix)
    return `anybody can have a name below ${publicSuffix ?? hostname}${isPrivate ? ', a hosting provider’s domain' : ''}: name the domain that is yours`
  if (isShared(wildcard[2]!))
    return `anybody can have a name below ${wildcard[2]!}, where many customers have their pages: name the host that is yours`
  return undefined
}

/** Once each, sorted. Throws `invalid_input`, naming each one that stands for other people's pages too. */
export function checkOrigins(origins: string[]): string[] {
  const issues: Issue[] = origins.flatMap((origin, i) => {
    const message = problemOf(origin)
    return message === undefined ? [] : [{ path: `body.allowedOrigins.${i}`, message: `${origin}: ${message}` }]
  })
  if (issues.length > 0)
    throw new Fault('invalid_input', issues.map((it) => `${it.path}: ${it.message}`).join('; '), { issues })
  return [...new Set(origins)].sort()
}
