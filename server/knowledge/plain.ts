/** Plain text: paragraphs are what blank lines divide. */
import type { Document } from './document.ts'
import type { Pausable } from './unhurried.ts'

export function* parsePlain(text: string): Pausable<Document> {
  const blocks: Document['blocks'] = []
  for (const paragraph of text.split(/\n[^\S\n]*\n/)) {
    const trimmed = paragraph.trim()
    if (trimmed !== '') blocks.push({ kind: 'text', text: unwrapped(trimmed) })
    yield
  }
  return { blocks }
}

/** Lines that are all about as long as a page is wide were broken by an editor, not by the writer. */
function unwrapped(paragraph: string): string {
  const lines = paragraph.split('\n')
  const isWrapped = lines.slice(0, -1).every((line) => line.length >= 55 && line.length <= 120)
  return isWrapped ? lines.map((line) => line.trim()).join(' ') : paragraph
}
