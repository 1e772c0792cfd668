/** The turns of a conversation that wait for their answer. */
import { Fault } from '@aside/protocol'
import { type Facts, newId, type Scope } from '../platform/index.ts'
import type { ConversationFacts } from './conversations.ts'
import { type ConversationRow, type TurnRow, turnRows } from './entities.ts'
import { activeTurns } from './thread.ts'

/** Turns of one conversation that may wait behind the one that runs. */
const MAX_WAITING = 3

/** The turns of a locked conversation that have not ended. Throws where no further one may be queued. */
export async function mayQueue(tx: Scope, conversation: ConversationRow): Promise<TurnRow[]> {
  if (conversation.status === 'closed') throw new Fault('conversation_closed', 'This conversation is closed')
  const active = await activeTurns(tx, conversation.id)
  if (active.length > MAX_WAITING)
    throw new Fault('conversation_busy', 'Wait for the answers that are still to come', { retryAfterMs: 2_000 })
  return active
}

/** Queues a turn for the question `messageId`, within the transaction that locked its conversation. */
export async function queueTurn(
  tx: Scope,
  facts: Facts<ConversationFacts>,
  conversation: ConversationRow,
  { messageId, clientId = null, round = 0 }: { messageId: string; clientId?: string | null; round?: number },
  now: Date,
): Promise<TurnRow> {
  const turn: TurnRow = {
    id: newId('turn', now.getTime()),
    tenantId: tx.tenantId,
    appId: conversation.appId,
    visitorId: conversation.visitorId,
    conversationId: conversation.id,
    messageId,
    answerId: null,
    clientId,
    round,
    status: 'queued',
    attempt: 0,
    epoch: conversation.epoch,
    owner: null,
    model: null,
    config: null,
    reckoning: null,
    errorCode: null,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  }
  const { tenantId, ...row } = turn
  await turnRows.insert(tx, row)
  tx.atCommit(() => void facts.tell('posted', { tenantId, turnId: turn.id }))
  tx.afterCommit(() => void facts.tell('stored', { tenantId, turnId: turn.id }))
  return turn
}
