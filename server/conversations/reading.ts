/** Who has read how far in a conversation, which lasts, and who is writing in it just now, which does not. */
import type { Author, Conversation, DurableEvent } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import { type ConversationRow, conversationRows, messageRows } from './entities.ts'
import { presentConversation, presentTurn } from './present.ts'
import { activeTurns, findConversation, lockConversation } from './thread.ts'

export interface Reading {
  /** The visitor has read up to `seq`. Never goes back; what is still being written, and what comes after it, is not read yet. */
  read(scope: Scope, id: string, seq: number): Promise<Conversation>
  /** The other side has: what the visitor said is seen. Never goes back. */
  see(scope: Scope, id: string, seq: number): Promise<Conversation>
  /** To who listens now, to whichever process, and of an open conversation only. */
  type(scope: Scope, id: string, author: Author): Promise<void>
}

/** Of the answers after `readSeq` those that are there to be read. */
async function countUnread(tx: Scope, conversationId: string, readSeq: number): Promise<number> {
  const found = await messageRows.find(tx, {
    conversationId,
    seq: { gt: readSeq },
    author: ['assistant', 'agent'],
    status: ['sent', 'completed', 'interrupted'],
  })
  return found.length
}

/** Answers have left the thread, within the transaction that locked it: they are not news any more. */
export async function withUnread(tx: Scope, conversation: ConversationRow): Promise<ConversationRow> {
  if (conversation.unread === 0) return conversation
  const unread = await countUnread(tx, conversation.id, conversation.readSeq)
  if (unread !== conversation.unread) await conversationRows.update(tx, { id: conversation.id }, { unread })
  return { ...conversation, unread }
}

const readEvent = ({ id, readSeq, seenSeq, unread }: ConversationRow): DurableEvent => ({
  name: 'read-updated',
  payload: { conversationId: id, readSeq, seenSeq, unread },
})

export function createReading(streams: Streams): Reading {
  async function move(
    scope: Scope,
    id: string,
    change: (tx: Scope, row: ConversationRow) => Promise<Partial<ConversationRow> | undefined>,
  ): Promise<Conversation> {
    return scope.transaction(async (tx) => {
      const row = await lockConversation(tx, id)
      const changes = await change(tx, row)
      const changed = { ...row, ...changes }
      if (changes) {
        await conversationRows.update(tx, { id }, changes)
        await streams.append(tx, row.visitorId, readEvent(changed))
      }
      const [turn] = await activeTurns(tx, id)
      return presentConversation(changed, turn && presentTurn(turn))
    })
  }

  return {
    read: (scope, id, seq) =>
      move(scope, id, async (tx, row) => {
        const [running] = await messageRows.find(
          tx,
          { conversationId: id, status: 'streaming' },
          { orderBy: { seq: 'asc' }, limit: 1 },
        )
        const readSeq = Math.min(seq, row.lastSeq, (running?.seq ?? Infinity) - 1)
        return readSeq > row.readSeq ? { readSeq, unread: await countUnread(tx, id, readSeq) } : undefined
      }),

    see: (scope, id, seq) =>
      move(scope, id, async (_, row) => {
        const seenSeq = Math.min(seq, row.lastSeq)
        return seenSeq > row.seenSeq ? { seenSeq } : undefined
      }),

    async type(scope, id, author) {
      const { visitorId, status } = await findConversation(scope, id)
      if (status === 'open')
        streams.tellEverywhere(visitorId, { name: 'typing-updated', payload: { conversationId: id, author } })
    },
  }
}
