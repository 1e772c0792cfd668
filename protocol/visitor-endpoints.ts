/** What a visitor's widget may ask. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import { IdentityToken } from './identity.ts'
import { AppAddress, ClientId, Cursor, id } from './ids.ts'
import { PageContext, ToolDefinitions, ToolOutcome, ToolResult } from './page.ts'
import {
  Conversation,
  FeedbackReason,
  Found,
  MAX_ATTACHMENTS,
  MAX_MESSAGE_CHARS,
  Message,
  Passage,
  Posted,
  SessionStarted,
  Settings,
  Turn,
} from './resources.ts'

const conversation = v.strictObject({ conversationId: id('conversation') })
const comment = v.optional(v.pipe(v.string(), v.maxLength(1_000, 'at most 1000 characters')))
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

/** How who leaves a message can be reached: kept as what they say of themselves. */
export const Left = v.strictObject({
  /** Asked for unless it is known already. */
  email: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(254, 'at most 254 characters'),
      v.regex(/^[^\s@]+@[^\s@]+$/, 'an address like name@example.org'),
    ),
  ),
  name: v.optional(v.pipe(v.string(), v.maxLength(120, 'at most 120 characters'))),
})
export type Left = v.InferOutput<typeof Left>

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
    'Posts a message and queues its answer, in one transaction. The same `clientId` gives the same message (200, replayed); with another text or other attachments it is refused. With `replaces` the last question is said anew, and leaves the thread with its answers. With `left` nobody answers at once: it is left for a person to read. Where the app asks something before the first message (`preChat`), that has to be said by then, unless it is left or the session was started with a secret key.',
  params: conversation,
  body: v.pipe(
    v.strictObject({
      clientId: ClientId,
      /** Empty only where there are attachments. */
      text: v.pipe(v.string(), v.maxLength(MAX_MESSAGE_CHARS, `at most ${MAX_MESSAGE_CHARS} characters`)),
      /** Files of `uploadFile` that no message has yet, or that the one has which this replaces. */
      attachments: v.optional(
        v.pipe(v.array(id('file')), v.maxLength(MAX_ATTACHMENTS, `at most ${MAX_ATTACHMENTS} files`)),
      ),
      /** The last question, said anew: it and its answers are superseded. */
      replaces: v.optional(id('message')),
      left: v.optional(Left),
      /** What the page says of where the visitor is: material for this answer, and proof of nothing. */
      context: v.optional(PageContext),
      /** What the page can do for the assistant. Ignored unless the app has `features.tools`. */
      tools: v.optional(ToolDefinitions),
    }),
    v.forward(
      v.partialCheck(
        [['text'], ['attachments']],
        ({ text, attachments = [] }) => text.trim() !== '' || attachments.length > 0,
        'something to say',
      ),
      ['text'],
    ),
  ),
  status: 201,
  reply: Posted,
  errors: [
    'conflict',
    'idempotency_mismatch',
    'details_required',
    'conversation_busy',
    'conversation_closed',
    'overloaded',
  ],
})

export const reportTool = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/tools/:callId',
  access: 'visitor',
  rate: 'ask',
  summary:
    'What became of a tool the assistant wanted the page to use. The same again changes nothing (200, replayed). With the last outcome of an answer the assistant goes on: a further turn is queued.',
  params: v.strictObject({ conversationId: id('conversation'), callId: id('toolCall') }),
  body: v.strictObject({
    status: ToolOutcome,
    /** What it gave; where it failed, why. */
    result: v.optional(ToolResult),
  }),
  status: 201,
  reply: Posted,
  errors: ['conflict', 'conversation_closed', 'overloaded'],
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

export const giveFeedback = endpoint({
  method: 'POST',
  path: '/v1/messages/:messageId/feedback',
  access: 'visitor',
  summary:
    'What the visitor thinks of an answer that has ended, in place of what they thought before; `none` takes it back.',
  params: v.strictObject({ messageId: id('message') }),
  body: v.strictObject({
    rating: v.picklist(['up', 'down', 'none']),
    reason: v.optional(FeedbackReason),
    comment,
  }),
  status: 200,
  reply: Message,
  errors: ['conflict'],
})

export const rateConversation = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/rating',
  access: 'visitor',
  summary: 'What the visitor thinks of a conversation that was answered, in place of what they thought before.',
  params: conversation,
  body: v.strictObject({
    score: v.pipe(v.number(), v.integer(), v.minValue(1, 'from 1 to 5'), v.maxValue(5, 'from 1 to 5')),
    comment,
  }),
  status: 200,
  reply: Conversation,
  errors: ['conflict'],
})

export const closeConversation = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/close',
  access: 'visitor',
  summary:
    'Ends a conversation, and what is still being written in it: it can be read and rated, and nothing is added any more. One that has ended stays as it is.',
  params: conversation,
  status: 200,
  reply: Conversation,
  errors: ['conversation_busy'],
})

export const exportConversation = endpoint({
  method: 'GET',
  path: '/v1/conversations/:conversationId/export',
  access: 'visitor',
  summary: 'A conversation as a Markdown document, with the sources of its answers.',
  params: conversation,
  status: 200,
  download: { type: 'text/markdown' },
})

export const searchMessages = endpoint({
  method: 'GET',
  path: '/v1/search',
  access: 'visitor',
  summary:
    "Searches the visitor's own conversations: the messages in which all words stand, the newest first. Case and accents do not matter.",
  query: v.strictObject({
    query: v.pipe(
      v.string(),
      v.maxLength(200, 'at most 200 characters'),
      v.check((text) => text.trim() !== '', 'something to look for'),
    ),
    limit,
  }),
  status: 200,
  /** `isComplete`: all there is was looked through, and no more was found. */
  reply: v.object({ found: v.array(Found), isComplete: v.boolean() }),
})
