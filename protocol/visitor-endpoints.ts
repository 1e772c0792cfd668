/** What a visitor's widget may ask. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { IdentityToken } from './identity.ts'
import { AppAddress, ClientId, Cursor, id } from './ids.ts'
import {
  Conversation,
  MAX_MESSAGE_CHARS,
  Message,
  Passage,
  Posted,
  SessionStarted,
  Settings,
  Turn,
} from './resources.ts'

const conversation = v.strictObject({ conversationId: id('conversation') })
const limit = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^[0-9]{1,3}$/, 'a number from 1 to 100'),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(100),
  ),
  '50',
)

export const readSettings = endpoint({
  method: 'GET',
  path: '/v1/apps/:appId/settings',
  access: 'page',
  summary: 'The public look and words of an app. Carries an ETag.',
  params: v.strictObject({ appId: AppAddress }),
  status: 200,
  reply: Settings,
})

export const startSession = endpoint({
  method: 'POST',
  path: '/v1/sessions',
  access: 'page',
  summary:
    'Starts a session: of whom the signed `identity` names, or of a new anonymous visitor. Any session token that comes with it is ignored.',
  body: v.strictObject({
    appId: AppAddress,
    protocolVersion: v.optional(v.pipe(v.number(), v.integer())),
    identity: v.optional(IdentityToken),
  }),
  status: 201,
  reply: SessionStarted,
  errors: ['protocol_too_old', 'identity_required', 'identity_invalid'],
})

export const endSession = endpoint({
  method: 'DELETE',
  path: '/v1/sessions/current',
  access: 'visitor',
  summary: 'Ends the session: its token is refused from now on, its stream is closed.',
  status: 204,
})

export const followEvents = endpoint({
  method: 'GET',
  path: '/v1/events',
  access: 'visitor',
  summary:
    'Everything that happens to this visitor, as server-sent events. `Last-Event-ID` (or `after`) resumes: first the durable events missed, then a snapshot of every answer still running, then live.',
  query: v.strictObject({ after: v.optional(Cursor) }),
  status: 200,
  stream: true,
  errors: ['too_many_streams'],
})

export const listConversations = endpoint({
  method: 'GET',
  path: '/v1/conversations',
  access: 'visitor',
  summary: "The visitor's conversations, the one that changed last first.",
  query: v.strictObject({ before: v.optional(id('conversation')), limit }),
  status: 200,
  reply: v.object({ conversations: v.array(Conversation), hasMore: v.boolean(), cursor: Cursor }),
})

export const startConversation = endpoint({
  method: 'POST',
  path: '/v1/conversations',
  access: 'visitor',
  summary: 'Starts a conversation. The same `clientId` again gives the same one.',
  body: v.strictObject({ clientId: ClientId }),
  status: 201,
  reply: Conversation,
})

export const listMessages = endpoint({
  method: 'GET',
  path: '/v1/conversations/:conversationId/messages',
  access: 'visitor',
  summary: 'The newest messages before `before` (a seq), in order. Superseded answers are left out.',
  params: conversation,
  query: v.strictObject({
    before: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{1,9}$/, 'a seq'), v.transform(Number))),
    limit,
  }),
  status: 200,
  reply: v.object({ conversation: Conversation, messages: v.array(Message), hasMore: v.boolean(), cursor: Cursor }),
})

export const postMessage = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/messages',
  access: 'visitor',
  rate: 'ask',
  summary:
    'Posts a message and queues its answer, in one transaction. The same `clientId` gives the same message (200, replayed); with another text it is refused.',
  params: conversation,
  body: v.strictObject({
    clientId: ClientId,
    text: v.pipe(
      v.string(),
      v.maxLength(MAX_MESSAGE_CHARS, `at most ${MAX_MESSAGE_CHARS} characters`),
      v.check((text) => text.trim() !== '', 'something to say'),
    ),
  }),
  status: 201,
  reply: Posted,
  errors: ['idempotency_mismatch', 'conversation_busy', 'conversation_closed', 'overloaded'],
})

export const stopTurn = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/stop',
  access: 'visitor',
  summary: 'Stops a turn. One that has ended stays as it is; a newer one is not touched.',
  params: conversation,
  body: v.strictObject({ turnId: id('turn') }),
  status: 200,
  reply: Turn,
})

export const regenerate = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/regenerate',
  access: 'visitor',
  rate: 'ask',
  summary: 'Answers a visitor message once more; the answer it had is superseded. The last one only.',
  params: conversation,
  body: v.strictObject({ messageId: id('message'), clientId: ClientId }),
  status: 201,
  reply: Posted,
  errors: ['conflict', 'idempotency_mismatch', 'conversation_busy', 'conversation_closed', 'overloaded'],
})

export const readPassage = endpoint({
  method: 'GET',
  path: '/v1/messages/:messageId/citations/:number',
  access: 'visitor',
  summary: 'The passage behind a citation, whole, as it was when the answer was given.',
  params: v.strictObject({
    messageId: id('message'),
    number: v.pipe(v.string(), v.regex(/^[0-9]{1,2}$/, 'the number of a citation'), v.transform(Number)),
  }),
  status: 200,
  reply: Passage,
})
