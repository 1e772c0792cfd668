/** What visitors say about the answers they got, and when they have had enough. */
import { type Conversation, Fault, type Feedback, type Message, type MessageStatus } from '@aside/protocol'
import type { Edge, Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import { type ConversationRow, conversationRows, messageRows } from './entities.ts'
import { presentConversation, presentMessage, presentTurn } from './present.ts'
import type { TurnLife } from './turn-life.ts'
import { activeTurns, conversationEvent, findConversation, lockConversation, visitorOf } from './thread.ts'

/** Answers of which something is to be thought: those that have ended, and are still in the thread. */
const ENDED: readonly MessageStatus[] = ['sent', 'completed', 'stopped', 'interrupted', 'failed']

export interface Opinions {
  /** Of an answer that has ended, in place of what was said before. */
  giveFeedback(scope: Scope, messageId: string, feedback: Feedback | null): Promise<Message>
  /** Of a conversation that was answered, in place of what was said before. */
  rate(scope: Scope, id: string, rating: NonNullable<Conversation['rating']>): Promise<Conversation>
  /** Ends what is still being written, and nothing is added any more. One that has ended stays as it is. */
  close(scope: Scope, id: string): Promise<Conversation>
}

interface Parts {
  edge: Edge
  streams: Streams
  turns: Pick<TurnLife, 'stop'>
}

export function createOpinions({ edge, streams, turns }: Parts): Opinions {
  async function change(tx: Scope, row: ConversationRow, changes: Partial<ConversationRow>): Promise<Conversation> {
    await conversationRows.update(tx, { id: row.id }, changes)
    const changed = { ...row, ...changes }
    const [turn] = await activeTurns(tx, row.id)
    await streams.append(tx, row.visitorId, conversationEvent(changed, turn))
    return presentConversation(changed, turn && presentTurn(turn))
  }

  return {
    async giveFeedback(scope, messageId, feedback) {
      const { visitorId: own } = visitorOf(scope)
      const seen = await messageRows.one(scope, { id: messageId })
      const isOwn =
        seen && (await conversationRows.one(scope, { id: seen.conversationId, visitorId: own })) !== undefined
      if (!isOwn) throw new Fault('not_found', 'No such message')
      return scope.transaction(async (tx) => {
        const { visitorId } = await lockConversation(tx, seen.conversationId)
        const row = await messageRows.get(tx, { id: messageId })
        if (row.author !== 'assistant' && row.author !== 'agent')
          throw new Fault('conflict', 'Only an answer can be judged')
        if (!ENDED.includes(row.status)) throw new Fault('conflict', 'Only an answer that has ended can be judged')
        await messageRows.update(tx, { id: messageId }, { feedback })
        const message = presentMessage({ ...row, feedback })
        await streams.append(tx, visitorId, { name: 'message-updated', payload: { message } })
        return message
      })
    },

    rate: (scope, id, rating) =>
      scope.transaction(async (tx) => {
        const row = await lockConversation(tx, id)
        const answer = await messageRows.one(tx, {
          conversationId: id,
          author: ['assistant', 'agent'],
          status: ['sent', 'completed', 'stopped', 'interrupted'],
        })
        if (!answer) throw new Fault('conflict', 'Nothing was answered here yet')
        return change(tx, row, { rating })
      }),

    async close(scope, id) {
      await findConversation(scope, id)
      // The last first: where the one before ended, it would begin.
      for (const turn of (await activeTurns(scope, id)).reverse()) await turns.stop(scope, id, turn.id)
      return scope.transaction(async (tx) => {
        const row = await lockConversation(tx, id)
        if (row.status === 'closed') return presentConversation(row)
        if ((await activeTurns(tx, id)).length > 0)
          throw new Fault('conversation_busy', 'Something was asked just now', { retryAfterMs: 1_000 })
        return change(tx, row, { status: 'closed', updatedAt: new Date(edge.now()) })
      })
    },
  }
}
