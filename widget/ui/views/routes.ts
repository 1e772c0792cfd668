/** What the views beside the thread ask, by address only. */
import { route } from '@aside/protocol'
import type * as contract from '@aside/protocol'

export const searchMessages = route<typeof contract.searchMessages>('GET', '/v1/search')
export const readPassage = route<typeof contract.readPassage>('GET', '/v1/messages/:messageId/citations/:number')
