/** JSON of which nobody can say that it was read in two ways: valid UTF-8, and no key twice in one object. */

/** Throws for what is not. */
export function parseStrictly(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const value: unknown = JSON.parse(text)
  refuseTwins(text)
  return value
}

/** Of a text that is JSON: `JSON.parse` takes the last of two equal keys, other parsers the first. */
function refuseTwins(text: string): void {
  const open: Set<string>[] = []
  for (const [, token = '', colon] of text.matchAll(/("(?:[^"\\]|\\.)*"|[{}[\]])\s*(:?)/gs))
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (colon) {
      const keys = open.at(-1)
      const key = JSON.parse(token) as string
      if (!keys || keys.has(key)) throw new SyntaxError('A key stands twice in one object')
      keys.add(key)
    }
}
