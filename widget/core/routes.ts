/** The endpoints the widget calls, by address only: their schemas stay with the server. */
import { route } from '@aside/protocol'
import type * as contract from '@aside/protocol'

export const readSettings = route<typeof contract.readSettings>('GET', '/v1/apps/:appId/settings')
export const startSession = route<typeof contract.startSession>('POST', '/v1/sessions')
export const endSession = route<typeof contract.endSession>('DELETE', '/v1/sessions/current')
export const identifySession = route<typeof contract.identifySession>('POST', '/v1/sessions/identify')
export const listConversations = route<typeof contract.listConversations>('GET', '/v1/conversations')
export const startConversation = route<typeof contract.startConversation>('POST', '/v1/conversations')
export const listMessages = route<typeof contract.listMessages>('GET', '/v1/conversations/:conversationId/messages')
export const postMessage = route<typeof contract.postMessage>('POST', '/v1/conversations/:conversationId/messages')
export const stopTurn = route<typeof contract.stopTurn>('POST', '/v1/conversations/:conversationId/stop')
export const regenerate = route<typeof contract.regenerate>('POST', '/v1/conversations/:conversationId/regenerate')
export const markRead = route<typeof contract.markRead>('POST', '/v1/conversations/:conversationId/read')
