/** From a file as it was sent to passages ready for the index. */
import { Fault } from '@aside/protocol'
import { analyze } from './analyze.ts'
import { type Chunk, chunkDocument } from './chunk.ts'
import { decode } from './decode.ts'
import { parseHtml } from './html.ts'
import { parseMarkdown } from './markdown.ts'
import { parsePlain } from './plain.ts'
import type { Pausable } from './unhurried.ts'
import type { TermVector } from './vector.ts'

export type MimeType = 'text/markdown' | 'text/plain' | 'text/html'

export interface IndexedChunk extends Chunk {
  vector: TermVector
}

export interface ReadSource {
  title: string
  mimeType: MimeType
  chunks: IndexedChunk[]
}

const parsers = { 'text/markdown': parseMarkdown, 'text/plain': parsePlain, 'text/html': parseHtml }

const extensions: Record<string, MimeType> = {
  md: 'text/markdown',
  markdown: 'text/markdown',
  mdx: 'text/markdown',
  txt: 'text/plain',
  text: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
  xhtml: 'text/html',
}

/** By what the sender says, else by the name's ending; Markdown where neither tells, since plain text reads well as such. */
export function mimeTypeOf(name: string, given: string | undefined): MimeType {
  if (given !== undefined && Object.hasOwn(parsers, given)) return given as MimeType
  return extensions[/\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? 'text/markdown'
}

/** Faults, each naming the field: `unsupported_source`, `invalid_encoding`, `invalid_input`. */
export function* readSource(name: string, givenType: string | undefined, body: Uint8Array): Pausable<ReadSource> {
  const mimeType = mimeTypeOf(name, givenType)
  const text = decode(body)
  yield
  const document = yield* parsers[mimeType](text)
  const { title, chunks } = yield* chunkDocument(document, name)
  if (chunks.length === 0)
    throw new Fault('invalid_input', 'The document holds no text', {
      issues: [{ path: 'body', message: 'holds no text' }],
    })
  const indexed: IndexedChunk[] = []
  for (const chunk of chunks) {
    indexed.push({ ...chunk, vector: vectorOf(name, title, chunk) })
    yield
  }
  return { title, mimeType, chunks: indexed }
}

/** A passage is also about what it stands in and under; the nearest heading says it most plainly. */
export function vectorOf(name: string, title: string, chunk: Chunk): TermVector {
  const place = name.split(/[/\\]/).slice(-3).join(' ')
  return analyze([
    { text: place.replace(/\.[^.]+$/, ''), weight: 1 },
    { text: title, weight: 1 },
    { text: chunk.headingPath.join('\n'), weight: 1 },
    { text: chunk.headingPath.at(-1) ?? '', weight: 1 },
    { text: chunk.text, weight: 1 },
  ])
}
