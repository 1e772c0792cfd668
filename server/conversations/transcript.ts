/** A conversation as a document that its visitor can keep. */
import { Readable } from 'node:stream'
import type { Download, Scope } from '../platform/index.ts'
import { type MessageRow, messageRows } from './entities.ts'
import { findConversation } from './thread.ts'

const PAGE = 200
const names: Record<MessageRow['author'], string> = {
  visitor: 'You',
  assistant: 'Assistant',
  agent: 'Support',
  system: 'Note',
}

const timeOf = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const asText = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

/** A name or value that somebody else chose, as code: it makes no markup of the document. */
const asCode = (text: string) => `\`${asText(text).replace(/[`\s]+/g, ' ')}\``

function sectionOf({ author, createdAt, text, citations, attachments, context, toolCalls }: MessageRow): string {
  const sources = citations.map(
    ({ number, title, headingPath, url }) =>
      `- [${number}] ${[...new Set([title, ...headingPath])].join(' › ')}${url === undefined ? '' : ` <${url}>`}`,
  )
  // A visitor writes plain text: quoted, it makes no heading and no markup of the document.
  const said = author === 'visitor' ? asText(text).replace(/^/gm, '> ') : text
  const files = (attachments ?? []).map(
    ({ name, sizeBytes }) => `- ${asText(name)} (${Math.ceil(sizeBytes / 1_000)} kB)`,
  )
  const page = Object.entries(context ?? {}).map(([name, value]) => `- ${asCode(name)}: ${asCode(String(value))}`)
  const calls = (toolCalls ?? []).map((it) => `- ${asCode(`${it.name}(${it.arguments})`)}: ${it.status}`)
  const lists = [files, sources, page.length > 0 ? ['The page said:', '', ...page] : [], calls]
  const parts = [text === '' ? '' : said, ...lists.map((list) => list.join('\n'))].filter((part) => part !== '')
  return [`## ${names[author]}, ${timeOf(createdAt)}`, ...parts].join('\n\n')
}

/** Markdown: what stands in the thread now, in its order. Read in pages, as it is taken. */
export async function transcriptOf(scope: Scope, id: string): Promise<Download> {
  const { title, createdAt } = await findConversation(scope, id)
  async function* sections() {
    yield `# ${asText(title || 'Conversation')}\n`
    for (let after = 0; ;) {
      const rows = await messageRows.find(
        scope,
        { conversationId: id, seq: { gt: after }, status: { not: 'superseded' } },
        { orderBy: { seq: 'asc' }, limit: PAGE },
      )
      for (const row of rows) if (row.status !== 'streaming') yield `\n${sectionOf(row)}\n`
      if (rows.length < PAGE) return
      after = rows.at(-1)!.seq
    }
  }
  return { name: `conversation-${createdAt.toISOString().slice(0, 10)}.md`, content: Readable.from(sections()) }
}
