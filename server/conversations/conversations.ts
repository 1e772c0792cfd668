import { ForeignKeyConstraintViolationException, UniqueConstraintViolationException } from '@mikro-orm/core'
import { type Conversation, Fault, type Message, type Parsed, type Posted, type postMessage } from '@aside/protocol'
import { mustBeIntroduced } from '../auth/index.ts'
import type { Attachments } from '../attachments/index.ts'
import { type Edge, type Facts, newId, type Scope, type Where } from '../platform/index.ts'
import type { Streams } from '../streams/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import {
  type ConversationRow,
  conversationRows,
  type MessageRow,
  messageRows,
  type TurnRow,
  turnRows,
} from './entities.ts'
import { askedFirst } from './introduction.ts'
import { leave } from './leaving.ts'
import { presentConversation, presentMessage, presentTurn } from './present.ts'
import { mayQueue, queueTurn } from './queue.ts'
import { takesTools } from './tool-calls.ts'
import { withdraw } from './withdraw.ts'
import { activeTurns, addMessage, conversationEvent, findConversation, lockConversation, visitorOf } from './thread.ts'

export interface ConversationFacts {
  /** A turn was queued. The row is there already: this only wakes, and nobody outside may be told yet. */
  posted: { tenantId: string; turnId: string }
  /** The same, now that the disk has it. */
  stored: { tenantId: string; turnId: string }
  /** Somebody wants this turn to end. Resolves when it has, where it runs in this process. */
  stopping: { tenantId: string; turnId: string }
}

export interface Parts {
  edge: Edge
  streams: Streams
  facts: Facts<ConversationFacts>
  attachments: Pick<Attachments, 'choose' | 'give'>
  tenancy: Pick<Tenancy, 'findApp'>
  /** Throws `overloaded` where no further turn can be taken, before anything is written. */
  admit: (tenantId: string) => void
  /** Keeps a place for a question that is being stored, until it is let go; undefined where there is none. */
  expect: () => (() => void) | undefined
}

/** A question as it comes in. */
type Asked = Parsed<typeof postMessage>['body']

export interface Threads {
  start(scope: Scope, clientId: string): Promise<{ conversation: Conversation; isNew: boolean }>
  list(
    scope: Scope,
    page: { before?: string | undefined; limit: number },
  ): Promise<{ conversations: Conversation[]; hasMore: boolean; cursor: string }>
  messages(
    scope: Scope,
    id: string,
    page: { before?: number | undefined; limit: number },
  ): Promise<{ conversation: Conversation; messages: Message[]; hasMore: boolean; cursor: string }>
  /**
   * Message, turn and events in one transaction. The same `clientId` again gives what is there: `isNew` is false then. Throws
   * `details_required` for the first one of a conversation, where the app asks something before and it was not said.
   */
  post(
    scope: Scope,
    id: string,
    input: Pick<Asked, 'clientId' | 'text'> & Partial<Asked>,
  ): Promise<Posted & { isNew: boolean }>
  /** Queues another answer to the last visitor message; the answers it has are superseded when the new one begins. */
  regenerate(
    scope: Scope,
    id: string,
    input: { clientId: string; messageId: string },
  ): Promise<Posted & { isNew: boolean }>
}

export function createThreads(parts: Parts): Threads {
  const { edge, streams, facts, attachments, tenancy, admit, expect } = parts

  async function present(scope: Scope, row: ConversationRow): Promise<Conversation> {
    const [turn] = await activeTurns(scope, row.id)
    return presentConversation(row, turn && presentTurn(turn))
  }

  const posted = (message: MessageRow, turn: TurnRow | undefined, cursor: string): Posted => ({
    message: presentMessage(message),
    ...(turn ? { turn: presentTurn(turn) } : {}),
    cursor,
  })

  return {
    async start(scope, clientId) {
      const { visitorId, appId } = visitorOf(scope)
      const now = new Date(edge.now())
      const known = async (where: Scope) => {
        const found = await conversationRows.one(where, { visitorId, clientId })
        return found && ([found, false] as const)
      }
      const begin = async (tx: Scope) => {
        const found = await known(tx)
        if (found) return found
        const fresh: Omit<ConversationRow, 'tenantId'> = {
          id: newId('conversation', now.getTime()),
          appId,
          visitorId,
          clientId,
          title: '',
          status: 'open',
          handledBy: 'assistant',
          epoch: 1,
          lastSeq: 0,
          readSeq: 0,
          seenSeq: 0,
          unread: 0,
          preview: null,
          rating: null,
          createdAt: now,
          updatedAt: now,
        }
        await conversationRows.insert(tx, fresh)
        const it = { ...fresh, tenantId: tx.tenantId }
        await streams.append(tx, visitorId, conversationEvent(it, undefined))
        return [it, true] as const
      }
      const [row, isNew] = await scope.transaction(begin).catch(async (error: unknown) => {
        // The visitor was erased since the request came in.
        if (error instanceof ForeignKeyConstraintViolationException)
          throw new Fault('unauthenticated', 'The session is not known here', { cause: error })
        // The same request came twice at once, and the other one was first.
        const first = error instanceof UniqueConstraintViolationException ? await known(scope) : undefined
        if (!first) throw error
        return first
      })
      return { conversation: isNew ? presentConversation(row) : await present(scope, row), isNew }
    },

    async list(scope, { before, limit }) {
      const { visitorId } = visitorOf(scope)
      const cursor = await streams.cursor(scope, visitorId)
      const from = before === undefined ? undefined : await findConversation(scope, before)
      const page = (where: Where<ConversationRow>) =>
        conversationRows.find(
          scope,
          { visitorId, lastSeq: { gt: 0 }, ...where },
          { orderBy: { updatedAt: 'desc', id: 'desc' }, limit: limit + 1 },
        )
      const rows = from
        ? [
            ...(await page({ updatedAt: from.updatedAt, id: { lt: from.id } })),
            ...(await page({ updatedAt: { lt: from.updatedAt } })),
          ]
        : await page({})
      const shown = rows.slice(0, limit)
      const turns = await turnRows.find(
        scope,
        { conversationId: shown.map((row) => row.id), status: ['queued', 'running'] },
        { orderBy: { id: 'asc' } },
      )
      const conversations = shown.map((row) => {
        const turn = turns.find((it) => it.conversationId === row.id)
        return presentConversation(row, turn && presentTurn(turn))
      })
      return { conversations, hasMore: rows.length > limit, cursor }
    },

    async messages(scope, id, { before, limit }) {
      const { visitorId } = visitorOf(scope)
      // Read first: what happens between the two is told by the stream again, and told twice is harmless.
      const cursor = await streams.cursor(scope, visitorId)
      const conversation = await findConversation(scope, id)
      const rows = await messageRows.find(
        scope,
        {
          conversationId: id,
          status: { not: 'superseded' },
          ...(before === undefined ? {} : { seq: { lt: before } }),
        },
        { orderBy: { seq: 'desc' }, limit: limit + 1 },
      )
      return {
        conversation: await present(scope, conversation),
        messages: rows.slice(0, limit).reverse().map(presentMessage),
        hasMore: rows.length > limit,
        cursor,
      }
    },

    async post(scope, id, input) {
      const { clientId, text, attachments: fileIds = [], replaces, left, context = null, tools: offered } = input
      const { visitorId } = visitorOf(scope)
      const replay = async (where: Scope) => {
        const found = await messageRows.one(where, { conversationId: id, author: 'visitor', clientId })
        if (!found) return undefined
        if (found.text !== text) throw new Fault('idempotency_mismatch', 'This clientId was used for another text')
        if (String(found.attachments?.map((it) => it.id) ?? []) !== String(fileIds))
          throw new Fault('idempotency_mismatch', 'This clientId was used with other attachments')
        const turn = await turnRows.one(where, { conversationId: id, messageId: found.id, clientId: null, round: 0 })
        return { ...posted(found, turn, await streams.cursor(where, visitorId)), isNew: false }
      }
      const tools = offered && (await takesTools(scope, tenancy)) ? offered : null
      const asked = left ? [] : await askedFirst(scope, tenancy)
      const letGo = expect()
      if (!letGo && !left) {
        // Looked at without waiting for a transaction: where many ask, most of them would only wait to be refused.
        const again = await replay(scope)
        if (again) return again
        const { handledBy, tenantId } = await findConversation(scope, id)
        if (handledBy === 'assistant') {
          admit(tenantId)
          throw new Fault('overloaded', 'Too many questions at once; try again shortly', { retryAfterMs: 3_000 })
        }
      }
      return scope
        .transaction(async (tx) => {
          const locked = await lockConversation(tx, id)
          const again = await replay(tx)
          if (again) return again
          if (locked.lastSeq === 0) await mustBeIntroduced(tx, visitorId, asked)
          const active = await mayQueue(tx, locked)
          const found = left ? await leave(tx, locked, active, left) : locked
          const answers = found.handledBy === 'assistant'
          if (answers) admit(tx.tenantId)
          const conversation = replaces === undefined ? found : await withdraw(tx, streams, found, active, replaces)
          const files = await attachments.choose(tx, fileIds, { visitorId, replaces })
          const now = new Date(edge.now())
          const given = {
            author: 'visitor' as const,
            status: 'sent' as const,
            text,
            clientId,
            attachments: files.length > 0 ? files : null,
            context,
            tools,
          }
          const added = await addMessage(tx, conversation, given, now)
          await attachments.give(tx, files, { conversationId: id, messageId: added.message.id })
          const next = { messageId: added.message.id }
          const turn = answers ? await queueTurn(tx, facts, conversation, next, now) : undefined
          const cursor = await streams.append(
            tx,
            visitorId,
            { name: 'message-updated', payload: { message: presentMessage(added.message) } },
            conversationEvent(added.conversation, active[0] ?? turn),
          )
          return { ...posted(added.message, turn, cursor), isNew: true }
        })
        .finally(() => letGo?.())
    },

    async regenerate(scope, id, { clientId, messageId }) {
      const { visitorId } = visitorOf(scope)
      return scope.transaction(async (tx) => {
        const conversation = await lockConversation(tx, id)
        const message = await messageRows.one(tx, { id: messageId, conversationId: id })
        const question =
          message?.author === 'assistant' && message.replyTo
            ? await messageRows.one(tx, { id: message.replyTo })
            : message
        if (!question || question.author !== 'visitor') throw new Fault('not_found', 'No such message')
        const before = await turnRows.one(tx, { conversationId: id, clientId })
        if (before && before.messageId !== question.id)
          throw new Fault('idempotency_mismatch', 'This clientId was used for another message')
        if (before) return { ...posted(question, before, await streams.cursor(tx, visitorId)), isNew: false }
        const last = await messageRows.one(tx, { conversationId: id, author: 'visitor' }, { orderBy: { seq: 'desc' } })
        if (last?.id !== question.id) throw new Fault('conflict', 'Only the last question can be answered again')
        const active = await mayQueue(tx, conversation)
        if (active.some((turn) => turn.messageId === question.id))
          throw new Fault('conflict', 'It is being answered already')
        if (conversation.handledBy !== 'assistant') throw new Fault('conflict', 'A person is answering here')
        admit(tx.tenantId)
        const next = { messageId: question.id, clientId }
        const turn = await queueTurn(tx, facts, conversation, next, new Date(edge.now()))
        const cursor = await streams.append(tx, visitorId, conversationEvent(conversation, active[0] ?? turn))
        return { ...posted(question, turn, cursor), isNew: true }
      })
    },
  }
}
