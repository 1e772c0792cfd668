/** The life of a turn in the store: claimed once, written under its epoch, ended once. */
import { Fault } from '@aside/protocol'
import type { Ledger } from '../limits/index.ts'
import type { Edge, Facts, Scope } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import type { ConversationFacts } from './conversations.ts'
import type { Drafted, Drafts } from './drafts.ts'
import {
  type ConversationRow,
  conversationRows,
  groundsRows,
  type MessageRow,
  messageRows,
  type TurnRow,
  turnRows,
} from './entities.ts'
import type { Begun, Ending, TurnLife } from './turn-life.ts'
import { presentConversation, presentMessage, presentTurn } from './present.ts'
import { queueTurn } from './queue.ts'
import { areDone } from './tool-calls.ts'
import {
  activeTurns,
  addMessage,
  asTold,
  conversationEvent,
  findConversation,
  lockConversation,
  previewOf,
} from './thread.ts'
import { supersede } from './withdraw.ts'

const MAX_ATTEMPTS = 2

interface Parts {
  edge: Edge
  streams: Streams
  facts: Facts<ConversationFacts>
  drafts: Drafts
  ledger: Pick<Ledger, 'record'>
}

export function createTurnLife({ edge, streams, facts, drafts, ledger }: Parts): TurnLife {
  /** Ends turn and answer in one transaction, under the locked conversation, and tells of it. */
  async function finish(
    tx: Scope,
    conversation: ConversationRow,
    active: TurnRow[],
    turn: TurnRow,
    ending: Ending | { status: 'superseded' },
    begun?: MessageRow,
  ): Promise<void> {
    const endedAt = new Date(edge.now())
    const errorCode = 'errorCode' in ending ? (ending.errorCode ?? null) : null
    const ended: TurnRow = { ...turn, status: ending.status, owner: null, errorCode, endedAt }
    await turnRows.update(tx, { id: turn.id }, { status: ended.status, owner: null, errorCode, endedAt })
    const behind = active.find((it) => it.id !== turn.id)
    const calls = 'toolCalls' in ending ? ending.toolCalls : undefined
    // None of them can be done by the page: the model is told so, and goes on at once.
    const goesOn = calls !== undefined && areDone(calls)
    const again = { messageId: turn.messageId, round: turn.round + 1 }
    const next = goesOn ? await queueTurn(tx, facts, conversation, again, endedAt) : behind
    if (next?.status === 'queued')
      tx.atCommit(() => void facts.tell('posted', { tenantId: tx.tenantId, turnId: next.id }))
    if (!turn.answerId) {
      await streams.append(tx, conversation.visitorId, conversationEvent(conversation, next))
      return
    }
    const answer = begun ?? (await messageRows.get(tx, { id: turn.answerId }))
    const changed =
      ending.status === 'superseded'
        ? { status: 'superseded' as const }
        : {
            status: ending.status,
            text: ending.text,
            citations: ending.citations,
            finishReason: ending.finishReason ?? null,
            usage: ending.usage ?? null,
            offers: ending.offers ?? null,
            toolCalls: calls ?? null,
            errorCode,
          }
    await messageRows.update(tx, { id: answer.id }, changed)
    const preview = previewOf('assistant', ('text' in changed && changed.text) || '') ?? conversation.preview
    const isNews = ending.status === 'completed' || ending.status === 'interrupted'
    const unread = conversation.unread + (isNews ? 1 : 0)
    const moved = { preview, unread, updatedAt: endedAt }
    await conversationRows.update(tx, { id: conversation.id }, moved)
    const message = presentMessage({ ...answer, ...changed })
    await streams.append(
      tx,
      conversation.visitorId,
      { name: 'message-end', payload: { message, turn: presentTurn(ended) } },
      conversationEvent({ ...conversation, ...moved }, next),
    )
    // Last, for all turns of the app meet in one row, and hold it until they are stored.
    if ('text' in ending && turn.model) await ledger.record(tx, { ...turn, ...ending, model: turn.model })
  }

  const findTurn = (scope: Scope, id: string) => turnRows.one(scope, { id })

  /**
   * Runs `work` on the turn as it is under its conversation's lock; undefined where it has ended. `active` are the turns of the
   * conversation that have not, this one among them.
   */
  async function locked<T>(
    scope: Scope,
    { id, conversationId }: Pick<TurnRow, 'id' | 'conversationId'>,
    work: (tx: Scope, turn: TurnRow, conversation: ConversationRow, active: TurnRow[]) => Promise<T>,
  ): Promise<T | undefined> {
    return scope.transaction(async (tx) => {
      const conversation = await lockConversation(tx, conversationId)
      const active = await activeTurns(tx, conversationId)
      const turn = active.find((it) => it.id === id)
      return turn ? work(tx, turn, conversation, active) : undefined
    })
  }

  /** The ending of a turn that is ended by others than who runs it: with what was written down of its answer. */
  async function asDrafted(tx: Scope, turn: TurnRow, drafted: Drafted): Promise<Ending> {
    const answer = turn.answerId ? await messageRows.get(tx, { id: turn.answerId }) : undefined
    return { status: 'stopped', text: answer ? drafted(answer) : '', citations: answer?.citations ?? [] }
  }

  /** Claims a turn under its conversation's lock, and begins its answer. */
  async function claim(
    tx: Scope,
    turn: TurnRow,
    conversation: ConversationRow,
    active: TurnRow[],
    { passages, ...how }: Parameters<TurnLife['begin']>[2],
  ): Promise<Pick<Begun, 'turn' | 'message'> | undefined> {
    if (turn.status !== 'queued') return undefined
    if (turn.epoch !== conversation.epoch || conversation.handledBy !== 'assistant') {
      await finish(tx, conversation, active, turn, { status: 'superseded' })
      return undefined
    }
    if (active[0]?.id !== turn.id) return undefined
    const now = new Date(edge.now())
    const attempt = turn.attempt + 1
    const citations = passages.map((it) => it.citation)
    let message: MessageRow
    if (turn.answerId) {
      const known = await messageRows.get(tx, { id: turn.answerId })
      const again = { status: 'streaming' as const, text: '', attempt, citations }
      await messageRows.update(tx, { id: known.id }, again)
      await groundsRows.remove(tx, { messageId: known.id })
      message = { ...known, ...again }
    } else {
      if (turn.clientId) conversation = await supersede(tx, streams, conversation, turn)
      const given = {
        author: 'assistant' as const,
        status: 'streaming' as const,
        text: '',
        replyTo: turn.messageId,
        attempt,
        citations,
      }
      ;({ message, conversation } = await addMessage(tx, conversation, given, now))
    }
    if (passages.length > 0) await groundsRows.insert(tx, { messageId: message.id, passages })
    const claimed = { ...how, status: 'running' as const, attempt, answerId: message.id, startedAt: now }
    await turnRows.update(tx, { id: turn.id }, claimed)
    const running = { ...turn, ...claimed }
    await streams.append(
      tx,
      conversation.visitorId,
      { name: 'message-start', payload: { message: presentMessage(message), turn: presentTurn(running) } },
      conversationEvent(conversation, running),
    )
    return { turn: running, message }
  }

  return {
    async read(scope, turnId) {
      const turn = await findTurn(scope, turnId)
      if (turn?.status !== 'queued') return undefined
      const conversation = await findConversation(scope, turn.conversationId)
      const newest = await messageRows.find(
        scope,
        {
          conversationId: turn.conversationId,
          status: ['sent', 'completed', 'stopped', 'interrupted', 'failed'],
        },
        { orderBy: { seq: 'desc' }, limit: 41 },
      )
      const question =
        newest.find((it) => it.id === turn.messageId) ?? (await messageRows.one(scope, { id: turn.messageId }))
      if (!question) return undefined
      const isEarlier = (it: MessageRow) => turn.round > 0 && it.toolCalls !== null
      const known = newest.filter(
        (it) => it.seq <= question.seq || (it.author === 'assistant' && (it.replyTo !== question.id || isEarlier(it))),
      )
      return { turn, conversation, history: asTold(known.reverse()) }
    },

    begin: (scope, seen, input) =>
      new Promise((resolve, reject) => {
        const stored = locked(scope, seen, async (tx, turn, conversation, active) => {
          const begun = await claim(tx, turn, conversation, active, input)
          if (begun) tx.atCommit(() => resolve({ ...begun, stored: stored.then(() => {}) }))
        })
        stored.then(() => resolve(undefined), reject)
      }),

    async end(scope, begun, ending) {
      const done = await locked(scope, begun.turn, async (tx, turn, conversation, active) => {
        if (turn.status !== 'running' || turn.owner !== begun.turn.owner || turn.epoch !== conversation.epoch)
          return false
        await finish(tx, conversation, active, turn, ending, begun.message)
        return true
      })
      return done ?? false
    },

    async stop(scope, conversationId, turnId) {
      await findConversation(scope, conversationId)
      const seen = await findTurn(scope, turnId)
      if (!seen || seen.conversationId !== conversationId) throw new Fault('not_found', 'No such turn')
      if (seen.status === 'running') await facts.tell('stopping', { tenantId: scope.tenantId, turnId })
      const endedHere = await locked(scope, seen, async (tx, turn, conversation, active) => {
        // Still running: its owner is elsewhere, or did not listen. Ended here, whatever it still writes is refused.
        await finish(tx, conversation, active, turn, await asDrafted(tx, turn, await drafts.of(turn.owner, tx)))
        return true
      })
      // It waited for a place, which is free now; or it began in between.
      if (endedHere) await facts.tell('stopping', { tenantId: scope.tenantId, turnId })
      return presentTurn((await findTurn(scope, turnId)) ?? seen)
    },

    async recover(scope, turnId, deadOwner, drafted) {
      const seen = await findTurn(scope, turnId)
      if (!seen) return 'ended'
      const outcome = await locked(scope, seen, async (tx, turn, conversation, active) => {
        if (turn.status !== 'running' || turn.owner !== deadOwner) return 'ended' as const
        const kept = await asDrafted(tx, turn, drafted)
        if (kept.text === '' && turn.attempt < MAX_ATTEMPTS && turn.epoch === conversation.epoch) {
          await turnRows.update(tx, { id: turn.id }, { status: 'queued', owner: null })
          tx.atCommit(() => void facts.tell('posted', { tenantId: tx.tenantId, turnId }))
          return 'requeued' as const
        }
        await finish(tx, conversation, active, turn, {
          ...kept,
          status: 'interrupted',
          errorCode: 'turn_interrupted',
        })
        return 'interrupted' as const
      })
      return outcome ?? 'ended'
    },

    async tellPlace(scope, turnId, place) {
      const turn = await findTurn(scope, turnId)
      if (turn?.status !== 'queued') return
      const conversation = await findConversation(scope, turn.conversationId)
      streams.tell(turn.visitorId, {
        name: 'conversation-updated',
        payload: { conversation: presentConversation(conversation, presentTurn(turn, place)) },
      })
    },

    async handOver(scope, conversationId, to) {
      // Asked to end first, so that the last words are kept; whatever does not listen is ended by the epoch.
      for (const turn of await activeTurns(scope, conversationId))
        if (turn.status === 'running') await facts.tell('stopping', { tenantId: scope.tenantId, turnId: turn.id })
      const { epoch, turns } = await scope.transaction(async (tx) => {
        const conversation = await lockConversation(tx, conversationId)
        const moved = { ...conversation, handledBy: to, epoch: conversation.epoch + 1 }
        await conversationRows.update(tx, { id: conversationId }, { handledBy: to, epoch: moved.epoch })
        const turns = await activeTurns(tx, conversationId)
        for (const [i, turn] of turns.entries()) {
          const ending =
            turn.status === 'queued'
              ? { status: 'superseded' as const }
              : await asDrafted(tx, turn, await drafts.of(turn.owner, tx))
          await finish(tx, moved, turns.slice(i), turn, ending)
        }
        const now = await findConversation(tx, conversationId)
        await streams.append(tx, conversation.visitorId, conversationEvent(now, undefined))
        return { epoch: moved.epoch, turns }
      })
      for (const turn of turns) await facts.tell('stopping', { tenantId: scope.tenantId, turnId: turn.id })
      return epoch
    },
  }
}
