/** A growing Markdown text as blocks: a closed one is parsed once and stays the same object for ever. */
import type { Token } from 'marked'
import { lex } from './lex.ts'

export interface Block {
  /** Its place, counted from 0: a block keeps it when it closes. */
  readonly index: number
  readonly token: Token
}

export interface Blocks {
  /** Usually the text so far and some more; anything else starts again from nothing. */
  update(text: string): readonly Block[]
}

/**
 * A block is closed once a later one has begun with whole lines only: what is still being typed may turn out to belong to
 * the one before (`a⏎#` is a heading, `a⏎#1` is not).
 */
export function createBlocks(): Blocks {
  let seen = ''
  let closed: Block[] = []
  /** Where the open part begins, and how far whole lines were looked at. */
  let openFrom = 0
  let linesUntil = 0
  let all: readonly Block[] = []

  function close(text: string): void {
    const end = text.lastIndexOf('\n') + 1
    if (end <= linesUntil) return
    linesUntil = end
    const tokens = lex(text.slice(openFrom, end))
    const last = tokens.findLastIndex(({ type }) => type !== 'space')
    const done = tokens.slice(0, Math.max(last, 0))
    const doneChars = done.reduce((sum, { raw }) => sum + raw.length, 0)
    const fresh = done.filter(({ type }) => type !== 'space')
    if (fresh.length === 0 || !text.startsWith(done.map(({ raw }) => raw).join(''), openFrom)) return
    closed = [...closed, ...fresh.map((token, nth) => ({ index: closed.length + nth, token }))]
    openFrom += doneChars
  }

  return {
    update(input) {
      const text = input.replace(/\r\n?/g, '\n')
      if (text === seen) return all
      if (!text.startsWith(seen)) {
        closed = []
        openFrom = linesUntil = 0
      }
      seen = text
      close(text)
      const open = lex(text.slice(openFrom)).filter(({ type }) => type !== 'space')
      all = [...closed, ...open.map((token, nth) => ({ index: closed.length + nth, token }))]
      return all
    },
  }
}
