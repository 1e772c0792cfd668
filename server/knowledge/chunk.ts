/** Cuts a document into passages that follow its structure: none crosses a heading, each knows the headings it stands under. */
import { divideLines, divideText } from './division.ts'
import type { Block, Document } from './document.ts'
import type { Pausable } from './unhurried.ts'

export interface Chunk {
  /** Light Markdown: code fenced, tables piped, no emphasis, no images. */
  text: string
  /** From the outermost heading to the nearest, without the one that is the document's title. */
  headingPath: string[]
  /** The nearest heading's fragment, as GitHub would name it; the document's own where it has one. */
  anchor?: string
}

export interface Chunked {
  title: string
  chunks: Chunk[]
}

/** In UTF-16 units. A passage is closed when the next block would take it past `FULL`; none is longer than `MOST`. */
export const FULL = 900
export const MOST = 1_500
/** Shorter ones are joined to a neighbour in the same section. */
const LITTLE = 200
const LONGEST_HEAD = 300
const LONGEST_HEADING = 200

/** `name` gives the title where the document has none. */
export function* chunkDocument(document: Document, name: string): Pausable<Chunked> {
  const title = (document.title ?? firstTitle(document) ?? titleFromName(name)).slice(0, LONGEST_HEADING).toWellFormed()
  const slugs = new Map<string, number>()
  const chunks: Chunk[] = []
  const open: { depth: number; text: string }[] = []
  let section: Block[] = []
  let anchor: string | undefined

  function* close(): Pausable<void> {
    const path = open.map((heading) => heading.text)
    if (path[0] !== undefined && title.startsWith(path[0])) path.shift()
    for (const text of yield* passages(section)) chunks.push({ text, headingPath: path, ...(anchor && { anchor }) })
    section = []
  }

  for (const block of document.blocks) {
    if (block.kind !== 'heading') {
      section.push(block)
      continue
    }
    yield* close()
    const text = headingText(block.text)
    while (open.length > 0 && open.at(-1)!.depth >= block.depth) open.pop()
    open.push({ depth: block.depth, text })
    anchor = block.anchor ?? slug(text, slugs)
  }
  yield* close()
  if (chunks.length === 0) {
    const text = document.blocks.flatMap((block) => (block.kind === 'heading' ? [headingText(block.text)] : []))
    chunks.push(...divideText(text.join('\n'), FULL).map((part) => ({ text: part, headingPath: [] })))
  }
  return { title, chunks }
}

const headingText = (text: string) => text.replaceAll('`', '').slice(0, LONGEST_HEADING).toWellFormed()

/** A heading further down is a section's, whatever its depth. */
function firstTitle(document: Document): string | undefined {
  const heading = document.blocks.find((block) => block.kind === 'heading')
  return heading?.depth === 1 ? headingText(heading.text) : undefined
}

/** The file's name, or its folder's where the file is only that folder's front page. */
function titleFromName(name: string): string {
  const [file = '', folder] = name.split(/[/\\]/).filter(Boolean).reverse()
  const stem = file.replace(/\.[^.]+$/, '') || file
  return folder !== undefined && /^(?:readme|index)$/i.test(stem) ? folder : stem
}

function slug(heading: string, taken: Map<string, number>): string {
  const base = heading
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
  const count = taken.get(base) ?? 0
  taken.set(base, count + 1)
  return count === 0 ? base : `${base}-${count}`
}

/** One section's blocks, packed. */
function* passages(blocks: Block[]): Pausable<string[]> {
  const packed: string[][] = []
  let current: string[] = []
  let size = 0
  const flush = () => {
    if (current.length > 0) packed.push(current)
    current = []
    size = 0
  }
  for (const block of blocks) {
    for (const part of divide(block)) {
      if (size >= LITTLE && size + part.length > FULL) {
        // A line that announces what follows ("For example:") goes with it.
        const announcing = block.kind !== 'text' && /[:：]$/.test(current.at(-1)!) && current.length > 1
        const last = announcing && current.at(-1)!.length < LITTLE ? current.pop()! : undefined
        flush()
        if (last !== undefined) current.push(last)
        size = last?.length ?? 0
      }
      current.push(part)
      size += part.length + 2
    }
    yield
  }
  flush()
  const texts = packed.map((parts) => parts.join('\n\n'))
  const [before, last] = texts.length > 1 ? texts.slice(-2) : []
  if (last !== undefined && last.length < LITTLE && before!.length + last.length + 2 <= MOST)
    texts.splice(-2, 2, `${before}\n\n${last}`)
  return texts
}

/** What each part may have so that none is a mere rest. */
const evenly = (length: number) => Math.min(FULL, Math.ceil((length / Math.ceil(length / FULL)) * 1.15))

function divide(block: Block): string[] {
  switch (block.kind) {
    case 'code': {
      const ticks = Math.max(2, ...(block.text.match(/`{3,}/g) ?? []).map((run) => Math.min(run.length, 40)))
      const fence = '`'.repeat(ticks + 1)
      const language = block.language.slice(0, 40)
      return divideLines(block.text, evenly(block.text.length)).map((part) => `${fence}${language}\n${part}\n${fence}`)
    }
    case 'table': {
      if (block.head.length > LONGEST_HEAD) return divideText([block.head, ...block.rows].join('\n'), FULL)
      if (block.rows.length === 0) return [block.head]
      return divideText(block.rows.join('\n'), FULL - block.head.length).map((rows) => `${block.head}\n${rows}`)
    }
    case 'text':
      return divideText(block.text, evenly(block.text.length))
    case 'heading':
      return []
  }
}
