/** What people take for an origin, made what a browser sends as one. */
import { isFault } from '@aside/protocol'
import { usage } from './problems.ts'

export interface Canonical {
  origin: string
  /** What was changed, for people. Empty where nothing was. */
  remarks: string[]
}

/** Throws where no origin can be made of it. `option` is what it was given for. */
export function canonicalOrigin(written: string, option = 'the origin'): Canonical {
  const text = written.trim()
  const refuse = (why: string, hint: string) => usage(`${option} ${text}: ${why}`, hint)
  if (text === '*')
    throw refuse('would let every page in', 'name the origins, or all hosts below one: https://*.shop.example')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (text === 'null')
    throw refuse(
      'is what a file or a sandboxed page sends, and so can anybody’s',
      'serve the page: http://localhost:3000',
    )
  if (scheme === undefined)
    throw refuse('has no scheme', `https://${text.replace(/^\/+/, '')}, or http://… for a page without TLS`)
  if (scheme !== 'https' && scheme !== 'http') throw refuse(`no page is loaded by ${scheme}:`, 'https:// or http://')
  const example = 'https://shop.example, or http://localhost:3000'
  const wildcard = /^[a-z]+:\/\/\*\./i.test(text)
  const plain = wildcard ? text.replace('://*.', '://') : text
  if (plain.includes('*'))
    throw refuse('a * may stand only before the whole host, with a dot after it', 'like https://*.shop.example')
  const port = /^[^/]*\/\/[^/?#]*:([^/?#:\]]*)(?:[/?#]|$)/.exec(plain)?.[1] ?? ''
  if (!/^\d*$/.test(port) || Number(port) > 65_535)
    throw refuse(`${port} is no port: a number up to 65535, or none`, `like ${example}`)
  if (!URL.canParse(plain)) throw refuse('its host is none that a browser could ask for', `like ${example}`)
  const url = new URL(plain)
  if (url.username !== '' || url.password !== '') throw refuse('holds a user name', 'leave it out')
  const host = url.host.replace(/\.(?=$|:)/, '')
  const origin = `${url.protocol}//${wildcard ? '*.' : ''}${host}`
  const rest = url.pathname + url.search + url.hash
  const remarks: string[] = []
  if (rest !== '/') remarks.push(`an origin has no path: ${rest} was left out, so every page of the site is meant`)
  if (url.hostname.includes('xn--') && !/xn--/i.test(text))
    remarks.push('browsers send an international name like this')
  if (origin !== text && remarks.length === 0) remarks.push('as a browser sends it')
  return { origin, remarks: remarks.map((it) => `${text} → ${origin}: ${it}`) }
}

/** What the server says of one among several, as a refusal of what was typed. */
export function refusedOrigin(error: unknown, origins: string[], option = 'the origin'): unknown {
  if (!isFault(error) || error.code !== 'invalid_input') return error
  for (const { path, message } of error.issues ?? []) {
    const at = /^body\.allowedOrigins\.(\d+)$/.exec(path)
    const origin = at && origins[Number(at[1])]
    if (!origin) continue
    const why = message.startsWith(origin) ? message : `${origin}: expected ${message}`
    const works = origin.includes('*') ? 'https://*.shop.example, where shop.example is yours' : 'https://shop.example'
    return usage(`${option} ${why}`, `this would do: ${works}`)
  }
  return error
}
