/** Which addresses may be followed, and what is said about them. */

const allowed = new Set(['https:', 'http:', 'mailto:', 'tel:'])

/** The address as it will be followed, or nothing where it is relative, malformed or of another scheme. */
export function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined
  const url = new URL(href)
  return allowed.has(url.protocol) ? url.href : undefined
}

const hostOf = (href: string): string => new URL(href).host.replace(/^www\./, '')

/**
 * The real host, where the words of a link look like an address of another one (`[bank.example](https://thief.example)`).
 * Nothing where they agree, or look like no address at all.
 */
export function differingHost(words: string, href: string): string | undefined {
  if (!/^https?:/.test(href)) return undefined
  const claims =
    words
      .normalize('NFKC')
      .replace(/[。｡]/g, '.')
      .match(/(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/gu) ?? []
  const real = hostOf(href)
  const differs = claims.some((claim) => {
    const address = `http://${claim}`
    return !URL.canParse(address) || hostOf(address) !== real
  })
  return differs ? real : undefined
}

/** What an image that is not loaded is called: its host, or the scheme of something else. */
export function imageHost(src: string): string {
  if (!URL.canParse(src)) return ''
  const url = new URL(src)
  return url.host || url.protocol.slice(0, -1)
}

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  middot: '·',
  copy: '©',
  reg: '®',
  trade: '™',
  times: '×',
  euro: '€',
  rarr: '→',
  larr: '←',
}

/** The character references a text really has; the numeric ones are the lexer's work already. */
export const decode = (text: string): string => text.replace(/&([a-z]{2,6});/g, (whole, name) => named[name] ?? whole)
