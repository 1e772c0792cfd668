import type { Hit, Source } from '@aside/protocol'
import type { SourceRow } from './entities.ts'
import type { Found } from './knowledge.ts'

export const presentSource = (row: SourceRow): Source => ({
  id: row.id,
  appId: row.appId,
  name: row.name,
  title: row.title,
  mimeType: row.mimeType,
  sizeBytes: row.sizeBytes,
  sha256: row.hash,
  chunks: row.chunkCount,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})

export const presentHit = (found: Found, index: number): Hit => ({
  number: index + 1,
  sourceId: found.sourceId,
  title: found.title,
  name: found.name,
  ...(isAddress(found.name) ? { url: found.anchor ? `${found.name}#${found.anchor}` : found.name } : {}),
  headingPath: found.headingPath,
  excerpt: excerptOf(found.text),
  text: found.text,
  score: found.score,
})

/** A source that is called by its address can be opened there. */
const isAddress = (name: string) => /^https?:\/\//.test(name) && URL.canParse(name)

const EXCERPT = 160

function excerptOf(text: string): string {
  const line = text
    .replace(/^(?:`{3,}.*|\|[ \-|]+\|)$/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (line.length <= EXCERPT) return line
  const cut = line.slice(0, EXCERPT).toWellFormed()
  const blank = cut.lastIndexOf(' ')
  return `${blank > EXCERPT / 2 ? cut.slice(0, blank) : cut}…`
}
