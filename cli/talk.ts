/** A visitor's conversation, one question at a time: asked once whatever the network does, answered as the stream tells it. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Citation,
  endSession,
  type ErrorCode,
  follow,
  type Following,
  isFault,
  listMessages,
  type Message,
  type Posted,
  postMessage,
  PROTOCOL_VERSION,
  type Settings,
  startConversation,
  startSession,
  stopTurn,
  type StreamEvent,
} from '@aside/protocol'
import type { Connection } from './connect.ts'
import { EXIT, Problem } from './problems.ts'

export interface Answer {
  question: string
  text: string
  /** `unanswered`: nobody answers here at the moment, or the question was taken back before anybody did. */
  status: Message['status'] | 'unanswered'
  citations: Citation[]
  error?: { code: ErrorCode; retryable: boolean }
  conversationId: string
  messageId?: string
}

export interface Listener {
  text(piece: string): void
  /** What was told so far is void: the answer begins again. */
  restart(): void
  /** Others are answered first; 1 is next. */
  place(place: number): void
  /** The connection is gone, and tried again. */
  lost(): void
}

export interface Talk {
  readonly settings: Settings
  /** Resolves when the answer has ended, however it ended. Rejects where the server cannot be reached any more. */
  ask(question: string, listener: Listener): Promise<Answer>
  /** Stops the answer being given; `ask` resolves with what there is of it. Nothing where there is none. */
  stop(): Promise<void>
  /** The next question starts another conversation. */
  startOver(): void
  end(): Promise<void>
}

const GIVE_UP_AFTER = 6
const newClientId = () => randomBytes(15).toString('base64url')

interface Asked {
  question: string
  listener: Listener
  posted?: Posted
  answerId?: string
  shown: string
  isStopping: boolean
  resolve(answer: Answer): void
  reject(error: unknown): void
}

export async function startTalk(connection: Connection, appId: string): Promise<Talk> {
  const session = await connection.client.call(startSession, { body: { appId, protocolVersion: PROTOCOL_VERSION } })
  const client = connection.as(() => session.token)
  let conversationId: string | undefined
  let following: Following | undefined
  let asked: Asked | undefined

  function grow(it: Asked, text: string): void {
    if (!text.startsWith(it.shown)) {
      it.listener.restart()
      it.shown = ''
    }
    if (text.length > it.shown.length) it.listener.text(text.slice(it.shown.length))
    it.shown = text
  }

  function end(it: Asked, message: Message | undefined): void {
    if (message) grow(it, message.text)
    if (asked === it) asked = undefined
    it.resolve({
      question: it.question,
      text: message?.text ?? '',
      status: message?.status ?? 'unanswered',
      citations: message?.citations ?? [],
      ...(message?.error ? { error: message.error } : {}),
      conversationId: it.posted?.message.conversationId ?? '',
      ...(message ? { messageId: message.id } : {}),
    })
  }

  /** The stream did not say all: what is stored does. */
  async function lookUp(it: Asked): Promise<void> {
    const params = { conversationId: it.posted!.message.conversationId }
    const { conversation, messages } = await client.call(listMessages, { params, query: {} })
    if (asked !== it) return
    const answer = messages.find((message) => message.replyTo === it.posted!.message.id)
    if (answer && answer.status !== 'streaming') return end(it, answer)
    if (answer) it.answerId = answer.id
    else if (conversation.turn?.id !== it.posted!.turn?.id) end(it, undefined)
  }

  function take(it: Asked, event: StreamEvent): void {
    const questionId = it.posted?.message.id
    switch (event.name) {
      case 'message-start':
        if (event.payload.turn.messageId !== questionId) return
        it.answerId = event.payload.message.id
        return grow(it, '')
      case 'message-delta': {
        const { messageId, offset, text } = event.payload
        if (messageId !== it.answerId) return
        if (offset === it.shown.length) grow(it, it.shown + text)
        else if (offset > it.shown.length) following?.restart()
        return
      }
      case 'message-snapshot':
        return event.payload.messageId === it.answerId ? grow(it, event.payload.text) : undefined
      case 'message-end':
        return event.payload.turn.messageId === questionId ? end(it, event.payload.message) : undefined
      case 'conversation-updated': {
        const { id, turn } = event.payload.conversation
        if (id !== it.posted?.message.conversationId || it.answerId !== undefined) return
        if (turn?.id !== it.posted.turn?.id) void lookUp(it).catch(it.reject)
        else if (turn?.place !== undefined) it.listener.place(turn.place)
        return
      }
      case 'stream-reset':
        void lookUp(it).catch(it.reject)
    }
  }

  const unreachable = (message: string) =>
    new Problem('network', message, { hint: 'ask again once the server runs', exit: EXIT.unreachable })

  function listen(after: string): void {
    following ??= follow(client, {
      after,
      onEvent: (event) => asked && take(asked, event),
      onState(now) {
        if (now.state === 'waiting' && now.attempt >= GIVE_UP_AFTER)
          asked?.reject(unreachable('the server stopped answering'))
        else if (now.state === 'waiting') asked?.listener.lost()
        if (now.state === 'ended' && now.code !== 'closed')
          asked?.reject(new Problem(now.code, 'the session is over', { hint: 'start another chat' }))
      },
    })
  }

  /** The same `clientId` means the same question: it may be sent until it arrives. */
  async function post(text: string): Promise<Posted> {
    const clientId = newClientId()
    const opening = newClientId()
    for (let attempt = 1; ; attempt++)
      try {
        conversationId ??= (await client.call(startConversation, { body: { clientId: opening } })).id
        return await client.call(postMessage, { params: { conversationId }, body: { clientId, text } })
      } catch (error) {
        if (!isFault(error) || !error.retryable || error.code === 'internal' || attempt === 4) throw error
        await sleep(Math.min(error.retryAfterMs ?? 0, 10_000) + 500 * attempt)
      }
  }

  async function stop(): Promise<void> {
    if (!asked) return
    asked.isStopping = true
    const { posted } = asked
    if (!posted?.turn) return
    const params = { conversationId: posted.message.conversationId }
    await client.call(stopTurn, { params, body: { turnId: posted.turn.id } })
  }

  return {
    settings: session.settings,
    ask: (question, listener) =>
      new Promise<Answer>((resolve, reject) => {
        const it: Asked = { question, listener, shown: '', isStopping: false, resolve, reject }
        asked = it
        post(question)
          .then(async (posted) => {
            it.posted = posted
            if (!posted.turn) return end(it, undefined)
            if (it.isStopping) await stop()
            if (following) await lookUp(it)
            else listen(posted.cursor)
          })
          .catch(reject)
      }).finally(() => (asked = undefined)),
    stop,
    startOver: () => (conversationId = undefined),
    async end() {
      following?.close()
      await client.call(endSession, {}, { timeoutMs: 3_000 }).catch(() => {})
    },
  }
}
