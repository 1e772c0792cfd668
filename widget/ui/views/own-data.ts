/** What visitors may have, and erase, of what is kept of them. Rejects with a `Fault`. */
import { route } from '@aside/protocol'
import type * as contract from '@aside/protocol'
import type { useChat } from '../stores/chat.ts'

type Chat = ReturnType<typeof useChat>

const exportConversation = route<typeof contract.exportConversation>('GET', '/v1/conversations/:conversationId/export')
const exportMyData = route<typeof contract.exportMyData>('GET', '/v1/visitors/me/export')
const eraseMyData = route<typeof contract.eraseMyData>('DELETE', '/v1/visitors/me')

export const downloadAll = (chat: Chat): Promise<Blob> =>
  chat.core.perform(async (client) => (await client.open(exportMyData, {})).blob())

export const downloadConversation = (chat: Chat, conversationId: string): Promise<Blob> =>
  chat.core.perform(async (client) => (await client.open(exportConversation, { params: { conversationId } })).blob())

/** On the server and in this browser, in every tab. */
export async function eraseAll(chat: Chat): Promise<void> {
  await chat.core.call(eraseMyData, {})
  chat.erased()
}
