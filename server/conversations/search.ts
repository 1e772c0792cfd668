/** Looking through what a visitor has written and read. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fold, foldWithPlaces, type Found, queryWords } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import { type ConversationRow, conversationRows, type MessageRow, messageRows } from './entities.ts'
import { plainWords } from './plain-words.ts'
import { shorten, visitorOf } from './thread.ts'

/** Conversations and messages looked through, the newest first: more than a person reads. */
const CONVERSATIONS = 500
const MESSAGES = 5_000
const PAGE = 100
/** Others are served after so long. */
const SLICE_MS = 5
const EXCERPT_CHARS = 160
/** Of the excerpt, so much stands before the word found. */
const BEFORE_CHARS = 40

/** What stands around the first of the words, from the beginning of a word on; without marks, unless they are what was found. */
function excerptOf(text: string, words: string[], isMarkdown: boolean): string {
  const { folded, places } = foldWithPlaces(text)
  const found = places[Math.min(...words.map((word) => folded.indexOf(word)))]!
  const at = Math.max(0, found - BEFORE_CHARS)
  const from = at === 0 ? 0 : at + Math.max(0, text.slice(at, found).search(/\s/))
  // As much as a line of it can need, however much blank there is.
  const piece = text.slice(from, from + 8 * EXCERPT_CHARS).toWellFormed()
  const plain = isMarkdown ? plainWords(piece) : piece
  const line = shorten(words.some((word) => fold(plain).includes(word)) ? plain : piece, EXCERPT_CHARS)
  return from === 0 ? line : `… ${line}`
}

const present = (conversation: ConversationRow, message: MessageRow, words: string[]): Found => ({
  conversationId: conversation.id,
  title: conversation.title,
  messageId: message.id,
  seq: message.seq,
  author: message.author,
  excerpt: excerptOf(message.text, words, message.author !== 'visitor'),
  createdAt: message.createdAt.toISOString(),
})

/** The messages of the visitor's own conversations in which all words stand: of the conversation that changed last first. */
export async function searchMessages(
  scope: Scope,
  { query, limit }: { query: string; limit: number },
): Promise<{ found: Found[]; isComplete: boolean }> {
  const { visitorId } = visitorOf(scope)
  const words = queryWords(query)
  const found: Found[] = []
  if (words.length === 0) return { found, isComplete: true }
  const conversations = await conversationRows.find(
    scope,
    { visitorId, lastSeq: { gt: 0 } },
    { orderBy: { updatedAt: 'desc', id: 'desc' }, limit: CONVERSATIONS },
  )
  let read = 0
  let since = performance.now()
  for (const conversation of conversations) {
    // One conversation at a time, by its own index: over all of them the store would rather read the whole tenant.
    for (let before = conversation.lastSeq + 1; before > 1;) {
      const rows = await messageRows.find(
        scope,
        { conversationId: conversation.id, seq: { lt: before } },
        { orderBy: { seq: 'desc' }, limit: PAGE },
      )
      for (const row of rows) {
        if (row.status === 'superseded' || row.status === 'streaming') continue
        if (performance.now() - since > SLICE_MS) {
          await nextTurn()
          since = performance.now()
        }
        const text = fold(row.text)
        if (!words.every((word) => text.includes(word))) continue
        if (found.length === limit) return { found, isComplete: false }
        found.push(present(conversation, row, words))
      }
      read += rows.length
      if (read >= MESSAGES) return { found, isComplete: false }
      if (rows.length < PAGE) break
      before = rows.at(-1)!.seq
    }
  }
  return { found, isComplete: conversations.length < CONVERSATIONS }
}
