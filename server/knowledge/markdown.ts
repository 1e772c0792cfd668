/** Markdown (GFM) to blocks: front matter, comments and images dropped, code kept with its section. */
import { Lexer, type Token, type Tokens } from 'marked'
import { type Block, type Document, tableHead, tableRow } from './document.ts'
import { parseHtml } from './html.ts'
import type { Pausable } from './unhurried.ts'

/**
 * The lexer's time grows faster than its input on hostile text, so it is given pieces: cut before a heading or at a blank line
 * where there is one, anywhere after `MOST`, and never inside a fence without opening it again.
 */
const ENOUGH = 2_048
const MOST = 6_144
/** A longer line is no prose; the lexer's inline rules are slowest on those. */
const MAX_LINE = 2_048
const lineParts = new RegExp(`.{1,${MAX_LINE}}(?:\\s|$)|.{1,${MAX_LINE}}`, 'gsu')
/** Deeper quotes and lists would only recurse. */
const tooDeep = /^[ \t]*(?:>[ \t]*|[-*+][ \t]+|\d{1,9}[.)][ \t]+){17,}|^[ \t]{80,}(?=[-*+>]|\d+[.)])/

const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/
/** Collected ahead, since a piece may use what another defines. Where they lead is of no matter here. */
const definition = /^ {0,3}\[([^[\]\n]{1,200})\]:[^\S\n]*\S/gm
const frontMatter = /^---[^\S\n]*\n([\s\S]*?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|$)/

function* lines(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    if (line.length <= MAX_LINE) yield line
    else yield* line.match(lineParts)!
  }
}

function* pieces(text: string): Generator<string> {
  let piece = ''
  let open: { mark: string; line: string } | undefined
  let inComment = false
  for (let line of lines(text)) {
    if (!open) {
      if (inComment && !line.includes('-->')) continue
      if (inComment) line = line.slice(line.indexOf('-->') + 3)
      line = line.replace(/<!--.*?-->/g, '').replace(tooDeep, '')
      inComment = /^ {0,3}<!--/.test(line)
      if (inComment) continue
      const ends = piece.length > ENOUGH && (line.trim() === '' || /^#{1,6}\s/.test(line))
      if (ends || piece.length + line.length > MOST) {
        yield piece
        piece = ''
      }
    } else if (piece.length + line.length > MOST) {
      yield `${piece}${open.mark}\n`
      piece = `${open.line}\n`
    }
    const mark = fence.exec(line)
    if (open) {
      if (mark && mark[1]!.startsWith(open.mark) && mark[2]!.trim() === '') open = undefined
    } else if (mark && !(mark[1]!.startsWith('`') && mark[2]!.includes('`'))) open = { mark: mark[1]!, line }
    piece += `${line}\n`
  }
  yield piece
}

export function* parseMarkdown(source: string): Pausable<Document> {
  const front = frontMatter.exec(source)
  const text = front ? source.slice(front[0].length) : source
  const title = /^title:\s*(["']?)(.+?)\1\s*$/m.exec(front?.[1] ?? '')?.[2]
  const blocks: Block[] = []
  const links = Object.fromEntries(
    [...text.matchAll(definition)].map(([, label]) => [
      label!.toLowerCase().replace(/\s+/g, ' '),
      { href: '', title: '' },
    ]),
  )
  for (const piece of pieces(text)) {
    const lexer = new Lexer({ gfm: true })
    lexer.tokens.links = links
    for (const token of lexer.lex(piece)) yield* readBlock(token, blocks)
    yield
  }
  return { ...(title !== undefined && { title }), blocks }
}

function* readBlock(token: Token, blocks: Block[]): Pausable<void> {
  switch (token.type) {
    case 'heading': {
      const heading = token as Tokens.Heading
      const text = inline(heading.tokens).replace(/\s+/g, ' ').trim()
      if (text !== '') blocks.push({ kind: 'heading', depth: heading.depth, text })
      return
    }
    case 'code': {
      const code = token as Tokens.Code
      const language = /^\s*([\w+#.-]*)/.exec(code.lang ?? '')?.[1] ?? ''
      if (code.text.trim() !== '') blocks.push({ kind: 'code', text: code.text.trimEnd(), language })
      return
    }
    case 'table': {
      const table = token as Tokens.Table
      blocks.push({
        kind: 'table',
        head: tableHead(table.header.map((cell) => inline(cell.tokens))),
        rows: table.rows.map((row) => tableRow(row.map((cell) => inline(cell.tokens)))),
      })
      return
    }
    case 'html':
      blocks.push(...(yield* parseHtml((token as Tokens.HTML).text)).blocks)
      return
    case 'blockquote':
      for (const child of (token as Tokens.Blockquote).tokens) yield* readBlock(child, blocks)
      return
    case 'list':
      return yield* readList(token as Tokens.List, blocks)
    case 'paragraph':
    case 'text': {
      const { tokens, text } = token as Tokens.Paragraph | Tokens.Text
      const read = (tokens ? inline(tokens) : unescape(text)).trim()
      if (read !== '') blocks.push({ kind: 'text', text: read })
    }
  }
}

/** Items as lines; what an item holds beside words (code, tables) follows as a block of its own. */
function* readList(list: Tokens.List, blocks: Block[]): Pausable<void> {
  let lines: string[] = []
  const flush = () => {
    if (lines.length > 0) blocks.push({ kind: 'text', text: lines.join('\n') })
    lines = []
  }
  for (const [index, item] of list.items.entries()) {
    const bullet = list.ordered ? `${Number(list.start || 1) + index}. ` : '- '
    const inner: Block[] = []
    for (const token of item.tokens) yield* readBlock(token, inner)
    inner.forEach((block, at) => {
      if (block.kind === 'text') lines.push(...block.text.split('\n').map((line, i) => indent(line, at + i, bullet)))
      else {
        if (at === 0) lines.push(bullet.trim())
        flush()
        blocks.push(block.kind === 'heading' ? { kind: 'text', text: block.text } : block)
      }
    })
  }
  flush()
}

const indent = (line: string, at: number, bullet: string) => (at === 0 ? bullet : ' '.repeat(bullet.length)) + line

/** What is read of a line: no marks of emphasis, no images, of a link its words; inline code keeps its backticks. */
function inline(tokens: Token[]): string {
  let text = ''
  for (const token of tokens) {
    if (token.type === 'image') continue
    if (token.type === 'br') text += '\n'
    else if (token.type === 'codespan') text += `\`${token['text']}\``
    else if (token.type === 'html') text += /^<br\b/i.test(token.raw) ? '\n' : ''
    else if (token.type === 'escape') text += token['text']
    else if ('tokens' in token && token.tokens) text += inline(token.tokens)
    else text += unescape(unwrap('text' in token ? String(token['text']) : token.raw))
  }
  return text
}

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  mdash: '—',
  ndash: '–',
  hellip: '…',
}

const cjk = '[\\u3000-\\u9fff\\uf900-\\ufaff\\uff00-\\uffef]'
const wrapped = new RegExp(`(?<=${cjk})\\n(?=${cjk})`, 'g')

/** A line end inside a paragraph is a blank, and nothing at all between Chinese or Japanese characters. */
const unwrap = (text: string) => (text.includes('\n') ? text.replace(wrapped, '').replace(/ *\n */g, ' ') : text)

/** Character references, of which prose uses a handful. */
function unescape(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? parseInt(hex, 16) : undefined
    if (code !== undefined) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole
    return named[name] ?? whole
  })
}
