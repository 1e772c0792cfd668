import { type giveFeedback, type Input, route } from '@aside/protocol'
import { useChat } from '../stores/chat.ts'

const feedback = route<typeof giveFeedback>('POST', '/v1/messages/:messageId/feedback')

/** What is said of an answer, in place of what was said before; `none` takes it back. The stream tells of it. False where it failed. */
export function useJudging() {
  const chat = useChat()
  return async (messageId: string, body: Input<typeof giveFeedback>['body']): Promise<boolean> =>
    (await chat.attempt(chat.core.call(feedback, { params: { messageId }, body }))) !== undefined
}
