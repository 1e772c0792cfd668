import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { createSseReader, Cursor, type Endpoint, endpoints, events, isEventName, type Schema } from './index.ts'

const folder = join(import.meta.dirname, 'fixtures')
const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, `${path}.json`), 'utf8'))
const names = (part: string) => readdirSync(join(folder, part)).map((it) => it.replace(/\.json$/, ''))

/** Parses, and says all that it says: a field the contract does not know would be gone afterwards. */
function mustFit(schema: Schema, value: unknown): void {
  expect(v.parse(schema, value)).toEqual(value)
}

describe('a recorded event', () => {
  it('is there for each there is, and for no other', () => {
    expect(names('events').sort()).toEqual(Object.keys(events).sort())
  })

  it.for(Object.entries(events))('%s keeps the contract, and travels as server-sent event', ([name, it]) => {
    const Frame = v.strictObject({
      name: v.literal(name),
      id: it.durable ? Cursor : v.optional(v.never()),
      payload: v.unknown(),
    })
    const event = v.parse(Frame, read(`events/${name}`))
    const id = event.id === undefined ? {} : { id: event.id }
    mustFit(it.payload, event.payload)
    const frames: unknown[] = []
    const lines = [`event:${name}`, ...Object.values(id).map((it) => `id:${it}`)]
    createSseReader({ frame: (frame) => void frames.push(frame) }).push(
      `${lines.join('\n')}\ndata:${JSON.stringify(event.payload)}\n\n`,
    )
    expect(frames).toEqual([{ ...id, name, data: JSON.stringify(event.payload) }])
    expect(isEventName(name)).toBe(true)
  })
})

describe('a recorded reply', () => {
  const replying = Object.entries<Endpoint>(endpoints).filter(([, it]) => it.reply)

  it('is there for each endpoint that replies, and for no other', () => {
    expect(names('replies').sort()).toEqual(replying.map(([name]) => name).sort())
  })

  it.for(replying)('of %s keeps the contract', ([name, { reply }]) => {
    mustFit(reply!, read(`replies/${name}`))
  })
})
