/** What was begun and is not sent yet, kept for each conversation: its words, and the files that the server has already. */
import type { Attachment } from '@aside/protocol'
import type { Store } from './storage.ts'

export interface Unsent {
  readonly text: string
  readonly files: readonly Attachment[]
}

export const nothing: Unsent = { text: '', files: [] }

/** Without an id: for the conversation that is begun next. */
const nameOf = (conversationId: string | undefined): string => `unsent:${conversationId ?? ''}`

const isFile = (it: unknown): it is Attachment =>
  typeof it === 'object' &&
  it !== null &&
  ['id', 'name', 'type'].every((name) => typeof Reflect.get(it, name) === 'string') &&
  typeof Reflect.get(it, 'sizeBytes') === 'number'

/** What is stored may be another version's, or anybody's: of what is not of its kind nothing is left. */
export function storedUnsent(store: Store, conversationId: string | undefined): Unsent {
  try {
    const { text, files } = JSON.parse(store.get(nameOf(conversationId)) ?? '{}') as Partial<Unsent>
    return { text: typeof text === 'string' ? text : '', files: Array.isArray(files) ? files.filter(isFile) : [] }
  } catch {
    return nothing
  }
}

/** Nothing leaves nothing stored. */
export function storeUnsent(store: Store, conversationId: string | undefined, { text, files }: Unsent): void {
  const isNothing = text === '' && files.length === 0
  const value = isNothing ? undefined : JSON.stringify({ text, files })
  if (store.get(nameOf(conversationId)) !== value) store.set(nameOf(conversationId), value)
}
