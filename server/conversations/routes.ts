import {
  closeConversation,
  exportConversation,
  giveFeedback,
  listConversations,
  listMessages,
  markRead,
  postMessage,
  rateConversation,
  readPassage,
  regenerate,
  reportTool,
  searchMessages as searchMessagesEndpoint,
  startConversation,
  stopTurn,
  tellTyping,
} from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Threads } from './conversations.ts'
import type { Opinions } from './opinions.ts'
import { passageOf } from './passage.ts'
import type { Reading } from './reading.ts'
import { searchMessages } from './search.ts'
import type { ToolCalls } from './tool-calls.ts'
import { transcriptOf } from './transcript.ts'
import type { TurnLife } from './turn-life.ts'

export const conversationRoutes = (
  threads: Threads,
  turns: TurnLife,
  opinions: Opinions,
  reading: Reading,
  toolCalls: ToolCalls,
): Route[] => [
  serve(listConversations, ({ scope, query }) => threads.list(scope, query)),
  serve(startConversation, async (call) => {
    const { conversation, isNew } = await threads.start(call.scope, call.body.clientId)
    if (!isNew) call.replayed()
    return conversation
  }),
  serve(listMessages, ({ scope, params, query }) => threads.messages(scope, params.conversationId, query)),
  serve(postMessage, async (call) => {
    const { isNew, ...posted } = await threads.post(call.scope, call.params.conversationId, call.body)
    if (!isNew) call.replayed()
    return posted
  }),
  serve(stopTurn, ({ scope, params, body }) => turns.stop(scope, params.conversationId, body.turnId)),
  serve(regenerate, async (call) => {
    const { isNew, ...posted } = await threads.regenerate(call.scope, call.params.conversationId, call.body)
    if (!isNew) call.replayed()
    return posted
  }),
  serve(reportTool, async (call) => {
    const { conversationId, callId } = call.params
    const { isNew, ...posted } = await toolCalls.report(call.scope, conversationId, callId, call.body)
    if (!isNew) call.replayed()
    return posted
  }),
  serve(readPassage, ({ scope, params }) => passageOf(scope, params.messageId, params.number)),
  serve(giveFeedback, ({ scope, params, body: { rating, ...why } }) =>
    opinions.giveFeedback(scope, params.messageId, rating === 'none' ? null : { rating, ...why }),
  ),
  serve(rateConversation, ({ scope, params, body }) => opinions.rate(scope, params.conversationId, body)),
  serve(closeConversation, ({ scope, params }) => opinions.close(scope, params.conversationId)),
  serve(markRead, ({ scope, params, body }) => reading.read(scope, params.conversationId, body.seq)),
  serve(tellTyping, async ({ scope, params }) => {
    await reading.type(scope, params.conversationId, 'visitor')
    return undefined
  }),
  serve(exportConversation, ({ scope, params }) => transcriptOf(scope, params.conversationId)),
  serve(searchMessagesEndpoint, ({ scope, query }) => searchMessages(scope, query)),
]
