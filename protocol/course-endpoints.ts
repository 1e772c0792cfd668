/** The course of a conversation beside its messages: what is asked before it, who has read how far, who is writing. */
import * as v from 'valibot'
import { Details, VisitorDetails } from './details.ts'
import { endpoint } from './endpoint.ts'
import { id } from './ids.ts'
import { Conversation } from './resources.ts'

const conversation = v.strictObject({ conversationId: id('conversation') })

export const readDetails = endpoint({
  method: 'GET',
  path: '/v1/visitors/me/details',
  access: 'visitor',
  summary: 'What the visitor has said of themselves, and what the app still asks before their first message.',
  status: 200,
  reply: VisitorDetails,
})

export const saveDetails = endpoint({
  method: 'PUT',
  path: '/v1/visitors/me/details',
  access: 'visitor',
  summary:
    'What the visitor says of themselves, beside what they said before: fields of the live `preChat` only, each as it asks for it. What a signed identity says of them is left out, whatever is given.',
  body: v.strictObject({ details: Details }),
  status: 200,
  reply: VisitorDetails,
})

export const markRead = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/read',
  access: 'visitor',
  summary:
    'The visitor has read up to this message, and all before it. It never goes back; an answer that is still being written is not read yet.',
  params: conversation,
  body: v.strictObject({
    seq: v.pipe(v.number(), v.integer('a seq'), v.minValue(1, 'a seq'), v.maxValue(999_999_999, 'a seq')),
  }),
  status: 200,
  reply: Conversation,
})

export const tellTyping = endpoint({
  method: 'POST',
  path: '/v1/conversations/:conversationId/typing',
  access: 'visitor',
  summary:
    'The visitor is writing: told to who listens now, and kept nowhere. Good for six seconds, so say it every three.',
  params: conversation,
  status: 204,
})
