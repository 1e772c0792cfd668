import { Fault, type Passage } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import { conversationRows, groundsRows, messageRows } from './entities.ts'
import { visitorOf } from './thread.ts'

/** The passage behind a citation of the visitor's own. Throws `not_found`. */
export async function passageOf(scope: Scope, messageId: string, number: number): Promise<Passage> {
  const { visitorId } = visitorOf(scope)
  const message = await messageRows.one(scope, { id: messageId })
  const own = message && (await conversationRows.one(scope, { id: message.conversationId, visitorId })) !== undefined
  const grounds = own ? await groundsRows.one(scope, { messageId }) : undefined
  const found = grounds?.passages.find((it) => it.citation.number === number)
  if (!found) throw new Fault('not_found', 'No such passage')
  return found
}
