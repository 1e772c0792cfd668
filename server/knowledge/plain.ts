/** Plain text: paragraphs are what blank lines divide. */
import type { Document } from './document.ts'
import type { Pausable } from './unhurried.ts'

export function* parsePlain(text: string): Pausable<Document> {
  const blocks: Document['blocks'] = []
  for (const paragraph of text.split(/\n[^\S\n]*\n/)) {
    const trimmed = paragraph.trim()
    if (trimmed !== '') blocks.push({ kind: 'text', text: trimmed })
    yield
  }
  return { blocks }
}
