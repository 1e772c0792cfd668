/** What servers have said, as the contract says it: `fixtures/*.json`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type StreamEvent, isEventName, events } from '@aside/protocol'

export interface Transcript {
  about: string
  conversationId: string
  events: StreamEvent[]
}

const folder = join(import.meta.dirname, '../fixtures')

export const transcriptNames = readdirSync(folder).map((name) => name.replace('.json', ''))

export const transcript = (name: string): Transcript =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Transcript

/** What the contract has against an event; nothing against one it does not know. */
export function objections(event: { name: string; id?: string; payload: unknown }): readonly unknown[] {
  if (!isEventName(event.name)) return []
  const { payload, durable } = events[event.name]
  // A place in the queue moves without a trace.
  const isPassing = !durable || event.name === 'conversation-updated'
  if (event.id === undefined && !isPassing) return [`${event.name} without an id`]
  if (event.id !== undefined && !durable) return [`${event.name} with an id`]
  const checked = payload['~standard'].validate(event.payload)
  if (checked instanceof Promise) return ['not checked']
  return checked.issues ?? []
}
