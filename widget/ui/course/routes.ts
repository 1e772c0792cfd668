/** The endpoints of the course of a conversation, by address only. */
import { route } from '@aside/protocol'
import type * as contract from '@aside/protocol'

export const readDetails = route<typeof contract.readDetails>('GET', '/v1/visitors/me/details')
export const saveDetails = route<typeof contract.saveDetails>('PUT', '/v1/visitors/me/details')
export const tellTyping = route<typeof contract.tellTyping>('POST', '/v1/conversations/:conversationId/typing')
export const closeConversation = route<typeof contract.closeConversation>(
  'POST',
  '/v1/conversations/:conversationId/close',
)
export const rateConversation = route<typeof contract.rateConversation>(
  'POST',
  '/v1/conversations/:conversationId/rating',
)
