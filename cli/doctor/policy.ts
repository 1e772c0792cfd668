/** Content security policies, as far as an embedded chat depends on them, after Content Security Policy Level 3. */
import { createHash } from 'node:crypto'
import parsePolicy from 'content-security-policy-parser'

/** Directive → its sources. */
export type Policy = ReadonlyMap<string, readonly string[]>

/** A header's value: several policies, all of which must allow a thing, are joined by commas. */
export const readPolicies = (header: string | undefined): Policy[] =>
  (header ?? '')
    .split(',')
    .map((text) => parsePolicy(text))
    .filter((policy) => policy.size > 0)

export type Kind = 'script-src' | 'connect-src' | 'frame-src'

/** 6.8.3: whose sources count where a directive is not there. */
const fallbacks: Record<Kind, string[]> = {
  'script-src': ['script-src-elem', 'script-src', 'default-src'],
  'connect-src': ['connect-src', 'default-src'],
  'frame-src': ['frame-src', 'child-src', 'default-src'],
}

/** What a page wants to load, or to run: `code` is a script in the page itself. */
export interface Wanted {
  kind: Kind
  url?: URL
  code?: string
  nonce?: string | undefined
  integrity?: string | undefined
}

const defaultPort = (scheme: string) => ({ http: '80', ws: '80', https: '443', wss: '443' })[scheme] ?? ''
const schemeOf = (url: URL) => url.protocol.slice(0, -1)

/** 6.7.2.9: a source may always be reached more safely than it says. */
const matchesScheme = (said: string, scheme: string): boolean =>
  said === scheme ||
  (said === 'http' && scheme === 'https') ||
  (said === 'ws' && ['wss', 'http', 'https'].includes(scheme)) ||
  (said === 'wss' && scheme === 'https')

/** 6.7.2.11: no port is the scheme's own; 80 also allows the safe 443. */
function matchesPort(said: string, url: URL): boolean {
  const port = url.port || defaultPort(schemeOf(url))
  if (said === '*') return true
  if (said === '') return port === defaultPort(schemeOf(url))
  return said === port || (said === '80' && port === '443')
}

/** 6.7.2.12: up to a slash at the end, else exactly. */
function matchesPath(said: string, path: string): boolean {
  if (said === '' || said === '/') return true
  try {
    const [wanted, asked] = [decodeURIComponent(said), decodeURIComponent(path)]
    return wanted.endsWith('/') ? asked.startsWith(wanted) : asked === wanted
  } catch {
    return false
  }
}

const hostSource =
  /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|\[[0-9a-f:.]+\]|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(\d+|\*))?(\/[^?#]*)?$/i

/** 6.7.2.8: whether one source lets an address through, on a page of the origin `self`. */
export function matchesSource(source: string, url: URL, self: string): boolean {
  const own = URL.canParse(self) ? new URL(self) : undefined
  const scheme = schemeOf(url)
  if (source === '*') return /^(https?|wss?)$/.test(scheme) || scheme === (own && schemeOf(own))
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return matchesScheme(source.slice(0, -1).toLowerCase(), scheme)
  if (source.toLowerCase() === "'self'") {
    if (!own) return false
    const isSamePort = own.port === url.port
    return own.hostname === url.hostname && isSamePort && matchesScheme(schemeOf(own), scheme)
  }
  const parts = hostSource.exec(source)
  if (!parts) return false
  const [, said, host = '', port = '', path = ''] = parts
  if (!matchesScheme(said?.toLowerCase() ?? (own ? schemeOf(own) : ''), scheme)) return false
  const name = host.toLowerCase()
  const isHost = name === '*' || (name.startsWith('*.') ? url.hostname.endsWith(name.slice(1)) : url.hostname === name)
  return isHost && matchesPort(port, url) && matchesPath(path, url.pathname)
}

const has = (sources: readonly string[], keyword: string) => sources.some((it) => it.toLowerCase() === keyword)
const hashes = (sources: readonly string[]) =>
  sources.flatMap((it) => /^'(sha(?:256|384|512)-[\w+/=-]+)'$/i.exec(it)?.[1] ?? [])
const isNonce = (source: string) => /^'nonce-/i.test(source)

/** 6.7.3: a hash with `-` and `_` is the same one. */
const sameHash = (a: string, b: string) =>
  a.replaceAll('-', '+').replaceAll('_', '/') === b.replaceAll('-', '+').replaceAll('_', '/')

function allowsScript(sources: readonly string[], { url, code, nonce, integrity }: Wanted, self: string): boolean {
  if (nonce && sources.includes(`'nonce-${nonce}'`)) return true
  const known = hashes(sources)
  if (code !== undefined) {
    const isStrict = known.length > 0 || sources.some(isNonce) || has(sources, "'strict-dynamic'")
    if (!isStrict && has(sources, "'unsafe-inline'")) return true
    return known.some((it) => {
      const algorithm = it.slice(0, 6).toLowerCase()
      return sameHash(it, `${it.slice(0, 7)}${createHash(algorithm).update(code).digest('base64')}`)
    })
  }
  const given = integrity?.trim().split(/\s+/).filter(Boolean) ?? []
  if (given.length > 0 && given.every((hash) => known.some((it) => sameHash(it, hash)))) return true
  // What is written into the page is trusted by nonce or hash only, where trust is handed on.
  return !has(sources, "'strict-dynamic'") && url !== undefined && sources.some((it) => matchesSource(it, url, self))
}

export interface Refused {
  /** The directive as it would have to be; absent where only a nonce helps. */
  line?: string
  directive: string
}

/** Undefined where the policy lets it through. */
export function refusalOf(policy: Policy, wanted: Wanted, self: string): Refused | undefined {
  const name = fallbacks[wanted.kind].find((it) => policy.has(it))
  const sources = name === undefined ? undefined : policy.get(name)
  if (name === undefined || !sources) return undefined
  const { kind, url } = wanted
  const allowed =
    kind === 'script-src'
      ? allowsScript(sources, wanted, self)
      : sources.some((it) => url !== undefined && matchesSource(it, url, self))
  if (allowed) return undefined
  const directive = name === 'script-src-elem' ? name : kind
  if (!url || (kind === 'script-src' && has(sources, "'strict-dynamic'"))) return { directive }
  const kept = sources.filter((it) => it.toLowerCase() !== "'none'")
  return { directive, line: [directive, ...kept, url.origin].join(' ') }
}
