/** Which origins an owner's list lets in: exact ones, and `https://*.shop.example` for every host below one. */

const LONGEST = 300

/** The list's entries that would let this origin in: itself, and each wildcard above it. */
export function rulesFor(origin: string): string[] {
  // No host name is longer than 253 characters (RFC 1035): what is, is there to make us work.
  if (origin.length > LONGEST) return []
  const found = /^(https?:\/\/)([a-z0-9.-]+)(:\d{1,5})?$/.exec(origin)
  if (!found) return []
  const [, scheme = '', host = '', port = ''] = found
  const labels = host.split('.')
  const above = labels.slice(1, -1).map((_, i) => `${scheme}*.${labels.slice(i + 1).join('.')}${port}`)
  return [origin, ...above]
}

export const allows = (rules: ReadonlySet<string>, origin: string): boolean =>
  rulesFor(origin).some((rule) => rules.has(rule))
