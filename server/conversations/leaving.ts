/** A message is left: nobody answers it now, and somebody will read it. */
import { Fault, type Left } from '@aside/protocol'
import { keepContact } from '../auth/index.ts'
import type { Scope } from '../platform/index.ts'
import { type ConversationRow, conversationRows, type TurnRow } from './entities.ts'

/**
 * From here on nobody in particular answers in this conversation, unless a person does already; within the transaction that locked
 * it. Throws `conversation_busy` while something is being answered, and `invalid_input` where the visitor could not be reached.
 */
export async function leave(
  tx: Scope,
  conversation: ConversationRow,
  active: TurnRow[],
  left: Left,
): Promise<ConversationRow> {
  if (active.length > 0)
    throw new Fault('conversation_busy', 'Something is still being answered', { retryAfterMs: 2_000 })
  await keepContact(tx, conversation.visitorId, left)
  if (conversation.handledBy !== 'assistant') return conversation
  const changes = { handledBy: 'nobody' as const, epoch: conversation.epoch + 1 }
  await conversationRows.update(tx, { id: conversation.id }, changes)
  return { ...conversation, ...changes }
}
