/** What can befall a turn, as its verbs: `turns.ts` is how each is done. */
import type { Citation, ErrorCode, FinishReason, Turn, TurnStatus, Usage } from '@aside/protocol'
import type { Reckoning } from '../limits/index.ts'
import type { Scope } from '../platform/index.ts'
import type { Drafted } from './drafts.ts'
import type { ConversationRow, MessageRow, Offers, StoredCall, TurnRow } from './entities.ts'

export interface Ending {
  status: Extract<TurnStatus, 'completed' | 'stopped' | 'interrupted' | 'failed'>
  text: string
  /** Those of its passages that the answer cites. */
  citations: Citation[]
  finishReason?: FinishReason | undefined
  usage?: Usage | undefined
  errorCode?: ErrorCode | undefined
  offers?: Offers | undefined
  /** With all of them done, the answer goes on in another turn. */
  toolCalls?: StoredCall[] | undefined
}

export interface Begun {
  turn: TurnRow
  message: MessageRow
  /** Resolves once the disk has it. Before, nobody may be told of the answer; to ask the model for it is early enough. */
  stored: Promise<void>
}

export interface TurnLife {
  /** A queued turn with its conversation and what was said so far, the newest last. Undefined where it is not queued any more. */
  read(
    scope: Scope,
    turnId: string,
  ): Promise<{ turn: TurnRow; conversation: ConversationRow; history: MessageRow[] } | undefined>
  /**
   * Claims the turn for `owner` and begins its answer. Undefined where somebody else has it, where the conversation has
   * moved on to another epoch, or where an earlier question of the conversation has its answer still to come.
   */
  begin(
    scope: Scope,
    turn: Pick<TurnRow, 'id' | 'conversationId'>,
    input: {
      owner: string
      model: string
      config: number
      reckoning: Reckoning | null
      passages: { citation: Citation; text: string }[]
    },
  ): Promise<Begun | undefined>
  /** Ends a turn for who began it. False where it is not theirs any more: then nothing was written. */
  end(scope: Scope, begun: Pick<Begun, 'turn' | 'message'>, ending: Ending): Promise<boolean>
  /** Stops a turn: at once where it is queued, through whoever runs it else. Returns how it ended. */
  stop(scope: Scope, conversationId: string, turnId: string): Promise<Turn>
  /** Queued again where nothing was shown and it was tried once, else `interrupted`. Nothing where it has another owner now. */
  recover(
    scope: Scope,
    turnId: string,
    deadOwner: string | null,
    drafted: Drafted,
  ): Promise<'requeued' | 'interrupted' | 'ended'>
  /** Tells the visitor where a waiting turn stands in the line. Nothing is stored. */
  tellPlace(scope: Scope, turnId: string, place: number): Promise<void>
  /** Somebody else answers from here on: raises the epoch, and ends what runs. What the old epoch still writes is refused. */
  handOver(scope: Scope, conversationId: string, to: 'assistant' | 'agent' | 'nobody'): Promise<number>
}
