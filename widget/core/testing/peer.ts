/** A small server that speaks the visitor's part of the contract over real HTTP, as slowly and as badly as a test wants. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Conversation,
  type ErrorCode,
  errors,
  type EventName,
  type EventPayload,
  events,
  type Message,
  type Posted,
  PROTOCOL_VERSION,
  type Turn,
} from '@aside/protocol'
import { settings } from './settings.ts'
import { createVisitors, mint, newConversation, nowIso, Refusal, type Visitor } from './visitors.ts'

export interface Call {
  method: string
  path: string
  body: Record<string, unknown>
  token: string | undefined
}

/** `cut`: the request is done, the reply never comes. `hang`: nothing is done. */
export type Fault = 'cut' | 'hang' | { code: ErrorCode; retryAfterMs?: number }

export async function startPeer(epoch = 'e1') {
  let look = settings
  const visitors = createVisitors()
  const calls: Call[] = []
  const faults: { match: string; fault: Fault }[] = []
  let shiftedEpoch = epoch

  const cursorOf = (visitor: Visitor) => `${shiftedEpoch}-${visitor.log.length}`

  /** Sends what the contract allows, and only that. */
  function emit<N extends EventName>(visitor: Visitor, name: N, payload: EventPayload<N>): void {
    const checked = events[name].payload['~standard'].validate(payload)
    if ('issues' in checked && checked.issues) throw new Error(`${name}: ${JSON.stringify(checked.issues)}`)
    const seq = visitor.log.length + 1
    const isDurable = events[name].durable
    const id = isDurable ? `id: ${shiftedEpoch}-${seq}\n` : ''
    const frame = `${id}event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`
    if (isDurable) visitor.log.push({ seq, frame })
    for (const stream of visitor.streams) stream.write(frame)
  }

  const find = <T extends { id: string }>(list: T[], id: string): T => {
    const found = list.find((it) => it.id === id)
    if (!found) throw new Refusal('not_found')
    return found
  }

  function touch(visitor: Visitor, conversation: Conversation, change: Partial<Conversation>): void {
    Object.assign(conversation, change, { updatedAt: nowIso() })
    if ('turn' in change && !change.turn) delete conversation.turn
    emit(visitor, 'conversation-updated', { conversation })
  }

  function newMessage(visitor: Visitor, conversation: Conversation, message: Partial<Message>): Message {
    const { id: conversationId } = conversation
    const seq = ++conversation.lastSeq
    const base = { author: 'visitor' as const, status: 'sent' as const, text: '', citations: [] }
    const made: Message = { ...base, id: mint('message'), conversationId, seq, createdAt: nowIso(), ...message }
    visitor.messages.push(made)
    return made
  }

  function queue(visitor: Visitor, conversation: Conversation, message: Message): Turn {
    const { id: conversationId } = conversation
    const turn: Turn = {
      id: mint('turn'),
      conversationId,
      messageId: message.id,
      status: 'queued',
      attempt: 1,
      place: 1,
    }
    touch(visitor, conversation, { turn })
    return turn
  }

  const routes: Record<string, (visitor: Visitor, ids: string[], call: Call, query: URLSearchParams) => unknown> = {
    'GET /v1/conversations': (visitor) => ({
      conversations: visitor.conversations
        .filter(({ lastSeq }) => lastSeq > 0)
        .toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)),
      hasMore: false,
      cursor: cursorOf(visitor),
    }),
    'POST /v1/conversations'(visitor, _, { body }) {
      const clientId = String(body['clientId'])
      const known = visitor.conversations.find((it) => it.clientId === clientId)
      if (known) return known
      const made = newConversation(clientId)
      visitor.conversations.push(made)
      emit(visitor, 'conversation-updated', { conversation: made })
      return made
    },
    'GET /v1/conversations/:id/messages'(visitor, [id = ''], _, query) {
      const conversation = find(visitor.conversations, id)
      const before = Number(query.get('before') ?? Infinity)
      const own = visitor.messages.filter((it) => it.conversationId === id && it.status !== 'superseded')
      const earlier = own.filter(({ seq }) => seq < before)
      const messages = earlier.slice(-50).map((it) => (it.status === 'streaming' ? { ...it, text: '' } : it))
      return { conversation, messages, hasMore: earlier.length > 50, cursor: cursorOf(visitor) }
    },
    'POST /v1/conversations/:id/messages'(visitor, [id = ''], { body }): Posted {
      const conversation = find(visitor.conversations, id)
      const [clientId, text] = [String(body['clientId']), String(body['text'])]
      const known = visitor.messages.find((it) => it.conversationId === id && it.clientId === clientId)
      if (known && known.text !== text) throw new Refusal('idempotency_mismatch')
      if (known) return { message: known, cursor: cursorOf(visitor) }
      const ids = Array.isArray(body['attachments']) ? body['attachments'].map(String) : []
      const attachments = ids.map((it) => ({ id: it, name: `${it}.txt`, type: 'text/plain', sizeBytes: 1 }))
      const files = ids.length > 0 ? { attachments } : {}
      const message = newMessage(visitor, conversation, { clientId, text, ...files })
      emit(visitor, 'message-updated', { message })
      const turn = queue(visitor, conversation, message)
      return { message, turn, cursor: cursorOf(visitor) }
    },
    'POST /v1/conversations/:id/stop'(visitor, [id = '']) {
      const { turn } = find(visitor.conversations, id)
      if (!turn) throw new Refusal('not_found')
      return finish(visitor, id, 'stopped') ?? turn
    },
    'POST /v1/conversations/:id/regenerate'(visitor, [id = ''], { body }): Posted {
      const conversation = find(visitor.conversations, id)
      const message = find(visitor.messages, String(body['messageId']))
      for (const answer of visitor.messages.filter(({ replyTo }) => replyTo === message.id)) {
        answer.status = 'superseded'
        emit(visitor, 'message-updated', { message: answer })
      }
      return { message, turn: queue(visitor, conversation, message), cursor: cursorOf(visitor) }
    },
    'POST /v1/conversations/:id/read'(visitor, [id = ''], { body }) {
      const conversation = find(visitor.conversations, id)
      const marks = { readSeq: Number(body['seq']), seenSeq: 0, unread: 0 }
      emit(visitor, 'read-updated', { conversationId: id, ...marks })
      return Object.assign(conversation, marks)
    },
    'POST /v1/messages/:id/feedback'(visitor, [id = ''], { body }) {
      const message = find(visitor.messages, id)
      if (body['rating'] === 'none') delete message.feedback
      else message.feedback = body as NonNullable<Message['feedback']>
      emit(visitor, 'message-updated', { message })
      return message
    },
    'GET /v1/messages/:id/citations/:id'(visitor, [id = '', number]) {
      const citation = find(visitor.messages, id).citations.find((it) => it.number === Number(number))
      if (!citation) throw new Refusal('not_found')
      return { citation, text: `${citation.excerpt} and so on` }
    },
  }

  function begin(visitor: Visitor, conversationId: string) {
    const conversation = find(visitor.conversations, conversationId)
    const turn = conversation.turn
    if (!turn) throw new Error('nothing was asked')
    const known = turn.answerId ? find(visitor.messages, turn.answerId) : undefined
    const attempt = (known?.attempt ?? 0) + 1
    const status = 'streaming'
    const started = { author: 'assistant', status, attempt, replyTo: turn.messageId } as const
    const message = known ?? newMessage(visitor, conversation, started)
    Object.assign(message, { attempt, status })
    const { place: _, ...rest } = turn
    conversation.turn = { ...rest, status: 'running', answerId: message.id, attempt }
    visitor.running.set(message.id, { attempt, text: '' })
    emit(visitor, 'message-start', { message: { ...message, text: '' }, turn: conversation.turn })
    return message
  }

  function say(visitor: Visitor, messageId: string, text: string): void {
    const draft = visitor.running.get(messageId)
    if (!draft) throw new Error('nothing runs')
    emit(visitor, 'message-delta', { messageId, offset: draft.text.length, text })
    draft.text += text
  }

  function finish(visitor: Visitor, conversationId: string, status: 'completed' | 'stopped' | 'interrupted') {
    const conversation = find(visitor.conversations, conversationId)
    if (!conversation.turn?.answerId) return undefined
    const message = find(visitor.messages, conversation.turn.answerId)
    const text = visitor.running.get(message.id)?.text ?? ''
    visitor.running.delete(message.id)
    const sourceId = `src_${'0'.repeat(26)}`
    const citation = { number: 1, sourceId, title: 'Guide', name: 'guide.md', headingPath: [], excerpt: 'Words' }
    Object.assign(message, { status, text, citations: [citation] })
    if (status === 'completed') message.finishReason = 'stop'
    const turn: Turn = { ...conversation.turn, status }
    emit(visitor, 'message-end', { message, turn })
    const isNews = status === 'stopped' ? 0 : 1
    touch(visitor, conversation, { turn: undefined, unread: conversation.unread + isNews })
    return turn
  }

  function stream(visitor: Visitor, request: IncomingMessage, response: ServerResponse): void {
    const asked = request.headers['last-event-id']
    const [askedEpoch, seq] = String(asked ?? cursorOf(visitor)).split('-')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const tell = (name: EventName, payload: unknown) =>
      response.write(`event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)
    tell('session-ready', { protocolVersion: PROTOCOL_VERSION, cursor: cursorOf(visitor) })
    if (askedEpoch === shiftedEpoch) visitor.log.slice(Number(seq)).forEach(({ frame }) => response.write(frame))
    else tell('stream-reset', { reason: 'epoch', cursor: cursorOf(visitor) })
    for (const [messageId, draft] of visitor.running) tell('message-snapshot', { messageId, ...draft })
    visitor.streams.add(response)
    response.on('close', () => visitor.streams.delete(response))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://peer')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}
    const token = request.headers.authorization?.replace('Bearer ', '')
    const call = { method: request.method ?? '', path: url.pathname, body, token }
    calls.push(call)
    const ids: string[] = []
    const shape = url.pathname
      .replace(/(cnv|msg)_\w+/g, (id) => (ids.push(id), ':id'))
      .replace(/citations\/(\d+)/, (_, number: string) => (ids.push(number), 'citations/:id'))
    const route = `${call.method} ${shape}`
    const at = faults.findIndex(({ match }) => match === route)
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault
    if (fault === 'hang') return
    if (typeof fault === 'object') throw new Refusal(fault.code, fault.retryAfterMs)
    const reply = (status: number, json: unknown) => {
      if (fault === 'cut') return void response.destroy()
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    }
    if (route === 'POST /v1/sessions') return reply(201, visitors.start(body['identity']))
    if (shape.endsWith('/settings')) return reply(200, look)
    const visitor = visitors.find(token ?? '')
    if (!visitor) throw new Refusal('unauthenticated')
    if (route === 'GET /v1/events') return stream(visitor, request, response)
    if (route === 'POST /v1/sessions/identify') {
      const before = { ...visitor }
      const started = visitors.start(body['token'])
      const after = visitors.find(started.token)!
      if (before.sub === undefined) {
        after.conversations.push(...before.conversations)
        after.messages.push(...before.messages)
      }
      visitors.end(token!)
      return reply(200, started)
    }
    if (route === 'DELETE /v1/sessions/current') {
      visitors.end(token!)
      return void response.writeHead(204).end()
    }
    const serve = routes[route]
    if (!serve) throw new Refusal('not_found')
    reply(200, serve(visitor, ids, call, url.searchParams))
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { code, retryAfterMs } = error instanceof Refusal ? error : new Refusal('internal')
      const refusal = { code, message: code, requestId: 'req_1', ...(retryAfterMs ? { retryAfterMs } : {}) }
      response.writeHead(errors[code].status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: refusal }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const allStreams = () => visitors.all().flatMap(({ streams }) => [...streams])
  const one = () => visitors.all().at(-1)!

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    visitor: one,
    streams: allStreams,
    called: (method: string, path: RegExp) => calls.filter((it) => it.method === method && path.test(it.path)),
    /** The next request of that shape (`POST /v1/conversations/:id/messages`) fails; again for the one after it. */
    fail: (match: string, fault: Fault) => void faults.push({ match, fault }),
    begin: (conversationId: string) => begin(one(), conversationId),
    say: (messageId: string, text: string) => say(one(), messageId, text),
    /** Said, and stored, but never told. */
    lose(messageId: string, text: string) {
      const draft = one().running.get(messageId)
      if (draft) draft.text += text
    },
    finish: (id: string, status: 'completed' | 'stopped' | 'interrupted' = 'completed') => finish(one(), id, status),
    cutStreams: () => allStreams().forEach((it) => it.destroy()),
    configure: (preChat: typeof look.preChat) =>
      emit(one(), 'config-updated', { settings: (look = { ...look, preChat }) }),
    /** As after a restore from a backup. */
    changeEpoch: () => void (shiftedEpoch = 'e2'),
    forgetSessions: visitors.forget,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Peer = Awaited<ReturnType<typeof startPeer>>
