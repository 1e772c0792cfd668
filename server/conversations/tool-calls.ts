/** What an answer wants the page to do, and what became of it: with the last outcome the assistant goes on. */
import { isDeepStrictEqual } from 'node:util'
import { Fault, type Posted, type ToolOutcome } from '@aside/protocol'
import type { Edge, Facts, Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import type { ConversationFacts } from './conversations.ts'
import {
  type ConversationRow,
  type MessageRow,
  messageRows,
  type StoredCall,
  type TurnRow,
  turnRows,
} from './entities.ts'
import { presentMessage, presentTurn } from './present.ts'
import { queueTurn } from './queue.ts'
import { activeTurns, conversationEvent, lockConversation, visitorOf } from './thread.ts'

export interface Outcome {
  status: ToolOutcome
  /** JSON of at most 16 kB. */
  result?: unknown
}

export interface ToolCalls {
  /**
   * Once for each call; the same again gives what is there (`isNew` is false). Throws `conflict` where it has another outcome, or
   * where nobody waits for it any more: something else was asked, the answer was given anew, or a person took over.
   */
  report(scope: Scope, conversationId: string, callId: string, outcome: Outcome): Promise<Posted & { isNew: boolean }>
}

interface Parts {
  edge: Edge
  streams: Streams
  facts: Facts<ConversationFacts>
  /** Throws `overloaded` where no further turn can be taken, before anything is written. */
  admit: (tenantId: string) => void
}

/** Does the visitor's app let the assistant use what the page offers? */
export async function takesTools({ actor }: Scope, tenancy: Pick<Tenancy, 'findApp'>): Promise<boolean> {
  const app = actor.kind === 'visitor' ? await tenancy.findApp(actor.appId) : undefined
  return actor.kind === 'visitor' && app?.configOf(actor.visitorId).config.features?.tools === true
}

/** Has every call its outcome? */
export const areDone = (calls: StoredCall[]): boolean => calls.every((it) => it.status !== 'asked')

const isSame = (call: StoredCall, { status, result }: Outcome): boolean =>
  call.status === status && isDeepStrictEqual(call.result === undefined ? undefined : JSON.parse(call.result), result)

export function createToolCalls({ edge, streams, facts, admit }: Parts): ToolCalls {
  async function findCall(
    tx: Scope,
    conversationId: string,
    callId: string,
  ): Promise<MessageRow & { calls: StoredCall[] }> {
    const answers = await messageRows.find(
      tx,
      { conversationId, author: 'assistant', finishReason: 'tool_calls' },
      { orderBy: { seq: 'desc' } },
    )
    const answer = answers.find((it) => it.toolCalls?.some(({ id }) => id === callId))
    if (!answer?.toolCalls) throw new Fault('not_found', 'No such call')
    return { ...answer, calls: answer.toolCalls }
  }

  /** The turn that asked. Throws where what came of it is of no use any more. */
  async function mustWait(tx: Scope, conversation: ConversationRow, answer: MessageRow): Promise<TurnRow> {
    if (conversation.status === 'closed') throw new Fault('conversation_closed', 'This conversation is closed')
    const turn = await turnRows.one(tx, { conversationId: conversation.id, answerId: answer.id })
    const last = await messageRows.one(
      tx,
      { conversationId: conversation.id, author: 'visitor', status: 'sent' },
      { orderBy: { seq: 'desc' } },
    )
    const isOpen = turn && last?.id === answer.replyTo && answer.status === 'completed'
    if (!isOpen || (await activeTurns(tx, conversation.id)).length > 0)
      throw new Fault('conflict', 'Something else was asked meanwhile')
    if (conversation.handledBy !== 'assistant' || turn.epoch !== conversation.epoch)
      throw new Fault('conflict', 'A person has taken over meanwhile')
    return turn
  }

  return {
    report: (scope, conversationId, callId, outcome) =>
      scope.transaction(async (tx) => {
        const { visitorId } = visitorOf(tx)
        const conversation = await lockConversation(tx, conversationId)
        const answer = await findCall(tx, conversationId, callId)
        const call = answer.calls.find((it) => it.id === callId)
        if (call && call.status !== 'asked') {
          if (!isSame(call, outcome)) throw new Fault('conflict', 'It has another outcome already')
          const [turn] = await activeTurns(tx, conversationId)
          const cursor = await streams.cursor(tx, visitorId)
          return { message: presentMessage(answer), ...(turn ? { turn: presentTurn(turn) } : {}), cursor, isNew: false }
        }
        const asking = await mustWait(tx, conversation, answer)
        const { status, result } = outcome
        const toolCalls = answer.calls.map((it) =>
          it.id === callId
            ? { ...it, status, ...(result === undefined ? {} : { result: JSON.stringify(result) }) }
            : it,
        )
        const goesOn = areDone(toolCalls)
        if (goesOn) admit(tx.tenantId)
        await messageRows.update(tx, { id: answer.id }, { toolCalls })
        const message = presentMessage({ ...answer, toolCalls })
        const next = { messageId: asking.messageId, round: asking.round + 1 }
        const turn = goesOn ? await queueTurn(tx, facts, conversation, next, new Date(edge.now())) : undefined
        const cursor = await streams.append(
          tx,
          visitorId,
          { name: 'message-updated', payload: { message } },
          conversationEvent(conversation, turn),
        )
        return { message, ...(turn ? { turn: presentTurn(turn) } : {}), cursor, isNew: true }
      }),
  }
}
