/** A conversation changes hands: what somebody said before they signed in is theirs afterwards. */
import type { Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import { conversationRows, turnRows } from './entities.ts'
import { activeTurns, conversationEvent } from './thread.ts'

/**
 * Gives the conversation of `from` that changed last to `to`, within the transaction of the sign-in: one, and nothing where none
 * has a message: then undefined, else its id. An answer that is being written goes on before its new owner's eyes.
 */
export async function adoptLast(tx: Scope, streams: Streams, from: string, to: string): Promise<string | undefined> {
  const found = await conversationRows.one(
    tx,
    { visitorId: from, lastSeq: { gt: 0 } },
    { orderBy: { updatedAt: 'desc', id: 'desc' }, lock: true },
  )
  if (!found) return undefined
  // The same clientId in two browsers is no accident worth a refusal: the one that comes along does without.
  const taken =
    found.clientId && (await conversationRows.one(tx, { visitorId: to, clientId: found.clientId })) !== undefined
  const conversation = { ...found, visitorId: to, clientId: taken ? null : (found.clientId ?? null) }
  await conversationRows.update(tx, { id: found.id }, { visitorId: to, clientId: conversation.clientId })
  await turnRows.update(tx, { conversationId: found.id }, { visitorId: to })
  const active = await activeTurns(tx, found.id)
  await streams.append(tx, to, conversationEvent(conversation, active[0]))
  await streams.forget(tx, from, found.id)
  const answers = active.map((it) => it.answerId).filter((it) => typeof it === 'string')
  tx.afterCommit(() => streams.moveTexts(answers, to))
  return found.id
}
