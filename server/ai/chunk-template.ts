/** Text chunks of one answer differ in their text only: a template read off one of them spares the others a full parse. */

export interface ChunkTemplate {
  /** The text of a payload that equals the template but for its text; undefined for any other, which needs a full parse. */
  textOf(payload: string): string | undefined
}

const quote = 34

/** What cannot stand in a JSON string as it is. */
const notPlain = /["\\\u0000-\u001f]/

/**
 * Reads a template off a payload whose text was found by a full parse, or gives undefined where it has no such shape.
 * `parseText` is that full parse: it is asked once more, with another text in place, so the template cannot be wrong about
 * which of the payload's strings is the text. The random padding OpenAI adds (`obfuscation`) may differ as well.
 */
export function templateOf(payload: string, parseText: (payload: string) => string): ChunkTemplate | undefined {
  const key = /"content":\s*(?=")/.exec(payload)
  if (!key) return undefined
  const textAt = key.index + key[0].length
  const literal = /"(?:[^"\\]|\\.)*"/y
  literal.lastIndex = textAt
  if (!literal.test(payload)) return undefined
  const rest = payload.slice(literal.lastIndex)
  const padded = /^([\s\S]*"obfuscation":\s*")[^"\\]*("[\s\S]*)$/.exec(rest)
  const head = flat(payload.slice(0, textAt))
  const tail = flat(padded?.[1] ?? rest)
  const end = padded?.[2] === undefined ? undefined : flat(padded[2])
  if (parseText(`${head}"probe"${tail}${end === undefined ? '' : `pad${end}`}`) !== 'probe') return undefined

  return {
    textOf(candidate) {
      if (candidate.charCodeAt(head.length) !== quote || candidate.slice(0, head.length) !== head) return undefined
      const close = candidate.indexOf('"', head.length + 1)
      const tailEnd = close + 1 + tail.length
      if (close < 0 || candidate.slice(close + 1, tailEnd) !== tail) return undefined
      if (end === undefined) {
        if (candidate.length !== tailEnd) return undefined
      } else {
        const padding = candidate.slice(tailEnd, candidate.length - end.length)
        if (candidate.length < tailEnd + end.length || !candidate.endsWith(end)) return undefined
        if (notPlain.test(padding)) return undefined
      }
      const text = candidate.slice(head.length + 1, close)
      return notPlain.test(text) ? undefined : text
    },
  }
}

/** A copy with bytes of its own: comparing with a slice of another string is several times slower. */
function flat(text: string): string {
  return Buffer.from(text).toString()
}
