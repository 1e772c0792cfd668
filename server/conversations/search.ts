/** Looking through what a visitor has written and read. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Author, Found } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import { shorten, visitorOf } from './thread.ts'

/** Messages looked through at a time, and in all: more than a person reads. */
const PAGE = 200
const MOST = 5_000
const EXCERPT_CHARS = 160
/** Of the excerpt, so much stands before the word found. */
const BEFORE_CHARS = 40

interface Row {
  id: string
  conversation_id: string
  title: string
  seq: number
  author: Author
  text: string
  created_at: number | string | Date
}

/** As it is compared: without case, accents and the variants of a letter. One code unit for each of the text where that can be. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()

/** Where `word` stands in `text`, about: folding can move it by a few letters. */
const placeOf = (text: string, word: string): number => {
  const plain = text.toLowerCase().indexOf(word)
  return plain >= 0 ? plain : folded(text).indexOf(word)
}

function excerptOf(text: string, word: string): string {
  const at = Math.max(0, placeOf(text, word) - BEFORE_CHARS)
  // From the beginning of a word, and of a character.
  const from = at === 0 ? 0 : at + Math.max(0, text.slice(at, at + BEFORE_CHARS).search(/\s/))
  const line = shorten(text.slice(from).toWellFormed(), EXCERPT_CHARS)
  return from === 0 ? line : `… ${line}`
}

/** The messages of the visitor's own conversations in which all words stand, the newest first. */
export async function searchMessages(
  scope: Scope,
  { query, limit }: { query: string; limit: number },
): Promise<{ found: Found[]; isComplete: boolean }> {
  const { visitorId } = visitorOf(scope)
  const words = folded(query).split(/\s+/).filter(Boolean)
  const found: Found[] = []
  if (words.length === 0) return { found, isComplete: true }
  let before = ''
  for (let read = 0; read < MOST; read += PAGE) {
    const rows = await scope.sql<Row>(
      `select m.id, m.conversation_id, c.title, m.seq, m.author, m.text, m.created_at
       from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
       where m.tenant_id = ? and c.visitor_id = ? and (? = '' or m.id < ?) and m.status not in ('superseded', 'streaming')
       order by m.id desc limit ${PAGE}`,
      [visitorId, before, before],
    )
    for (const row of rows) {
      const text = folded(row.text)
      if (!words.every((word) => text.includes(word))) continue
      if (found.length === limit) return { found, isComplete: false }
      found.push({
        conversationId: row.conversation_id,
        title: row.title,
        messageId: row.id,
        seq: row.seq,
        author: row.author,
        excerpt: excerptOf(row.text, words[0]!),
        createdAt: new Date(row.created_at).toISOString(),
      })
    }
    if (rows.length < PAGE) return { found, isComplete: true }
    before = rows.at(-1)!.id
    // Others are served in between.
    await nextTurn()
  }
  return { found, isComplete: false }
}
