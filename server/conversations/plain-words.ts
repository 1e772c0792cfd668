/** What a Markdown text says, without its marks: for a line of a list, where nothing is drawn. */
import { Lexer, type Token } from 'marked'

/** More than any line shows; the lexer's time grows faster than its input on hostile text. */
const MAX_CHARS = 2_000
const MAX_DEPTH = 16
const inline = new Set(['strong', 'em', 'del', 'link'])
/** The marks of citations lead nowhere there. */
const CITATION = /\s?\[\d{1,2}(?:\s?,\s?\d{1,2}){0,9}\]/g

const wordsOf = (tokens: readonly Token[], depth: number): string =>
  tokens.map((token) => wordsIn(token, depth)).join('')

function wordsIn(token: Token, depth: number): string {
  if (depth > MAX_DEPTH) return token.raw
  switch (token.type) {
    case 'space':
    case 'hr':
    case 'br':
      return ' '
    case 'code':
    case 'codespan':
    case 'escape':
    case 'image':
      return `${token.text as string}${token.type === 'code' ? ' ' : ''}`
    case 'html':
      return token.raw
    case 'checkbox':
      return ''
    case 'table':
      return [token.header as Cell[], ...(token.rows as Cell[][])]
        .flatMap((row) => row.map(({ tokens }) => `${wordsOf(tokens, depth + 1)} `))
        .join('')
    case 'list':
      return wordsOf(token.items as Token[], depth + 1)
  }
  if (!('tokens' in token) || !token.tokens) return 'text' in token ? String(token.text) : token.raw
  const words = wordsOf(token.tokens, depth + 1)
  return inline.has(token.type) ? words : `${words} `
}

interface Cell {
  tokens: Token[]
}

/** The beginning of it: as much as a line can show. */
export function plainWords(markdown: string): string {
  const beginning = markdown.slice(0, MAX_CHARS).toWellFormed()
  try {
    return wordsOf(new Lexer({ gfm: true }).lex(beginning), 0)
      .replace(CITATION, '')
      .replace(/\s+/g, ' ')
      .trim()
  } catch {
    return beginning
  }
}
