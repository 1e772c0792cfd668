/** Markdown → tokens, within bounds: whatever the text, it ends, and soon. */
import { Lexer, type Token, Tokenizer } from 'marked'

/** One paragraph, heading or cell longer than this is not looked into: it is shown as it came. */
export const MAX_INLINE_CHARS = 10_000

/** From the first line that is nested deeper than this on, the text is shown as it came. */
const TOO_DEEP = /^(?:[ \t]{60,}(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])|(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){24})/m

/**
 * A definition would reach into other blocks, before and after it. Without them every block stands for itself, and one
 * that is parsed stays parsed.
 */
class SelfContained extends Tokenizer {
  override def(): undefined {}
  override reflink(): undefined {}
}

export const plainBlock = (text: string): Token => ({
  type: 'paragraph',
  raw: text,
  text,
  tokens: [plainRun(text)],
})

const plainRun = (text: string): Token => ({ type: 'plain', raw: text, text })

/** The block tokens of `text`, in order. The `raw` of all of them is `text` again. */
export function lex(text: string): Token[] {
  const deep = text.search(TOO_DEEP)
  if (deep === 0) return [plainBlock(text)]
  const source = deep < 0 ? text : text.slice(0, deep)
  const lexer = new Lexer({ gfm: true, breaks: false, tokenizer: new SelfContained() })
  let tokens: Token[]
  try {
    tokens = [...lexer.blockTokens(source, [])]
  } catch {
    return [plainBlock(text)]
  }
  for (const { src, tokens: run } of lexer.inlineQueue) {
    try {
      if (src.length > MAX_INLINE_CHARS) run.push(plainRun(src))
      else lexer.inlineTokens(src, run)
    } catch {
      run.splice(0, run.length, plainRun(src))
    }
  }
  return deep < 0 ? tokens : [...tokens, plainBlock(text.slice(deep))]
}
