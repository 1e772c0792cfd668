/** A visitor who asks one thing after another in one conversation, and waits for each answer. */
import type { Message } from '@aside/protocol'
import { Turns } from '../conversations/index.ts'
import type { Beside } from './beside.ts'
import type { Owner, Visitor } from './people.ts'

export interface Asker {
  visitor: Visitor
  conversationId: string
  /** Resolves when the answer has ended, in whatever way, with the name of the model that gave it. */
  ask(text: string): Promise<{ message: Message; model: string }>
}

/** `appId` is that of another app of the owner. */
export async function askerOf(owner: Owner, beside: Beside, appId?: string): Promise<Asker> {
  const visitor = await owner.visitor(undefined, undefined, appId)
  const reading = visitor.follow()
  await reading.until('session-ready')
  const conversationId = await visitor.conversation()
  return {
    visitor,
    conversationId,
    async ask(text) {
      const asked = await visitor.post(conversationId, text)
      const { payload } = await reading.until('message-end', (it) => it.message.replyTo === asked.message.id)
      const turn = await beside.scope(owner.tenantId).em.findOneOrFail(Turns, { id: payload.turn.id })
      return { message: payload.message, model: turn.model ?? '' }
    },
  }
}
