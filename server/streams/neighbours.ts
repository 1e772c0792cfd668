/** What passes and is kept nowhere, told to the readers of every other process on the same store. */
import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { type EventName, events as contract, type StreamEvent } from '@aside/protocol'
import { acrossTenants, type Db, type Log } from '../platform/index.ts'

export interface Neighbours {
  /** At most once, and not to this process. Never throws: what passes may be lost. Nothing on SQLite, where there is nobody else. */
  tell(visitorId: string, event: StreamEvent): void
}

interface Parts {
  db: Db
  log: Log
  hear: (visitorId: string, event: StreamEvent) => void
}

const CHANNEL = 'aside_told'
/** A notification has to be shorter than 8 000 bytes. */
const MAX_BYTES = 7_900

const Told = v.object({ from: v.string(), visitorId: v.string(), name: v.string(), payload: v.unknown() })

/** What another process says. One of another version may say what is not known here. */
function read(text: string): (StreamEvent & { from: string; visitorId: string }) | undefined {
  try {
    const { from, visitorId, name, payload } = v.parse(Told, JSON.parse(text))
    if (!Object.hasOwn(contract, name)) return undefined
    const known = name as EventName
    // Checked by the schema of its own name, which the compiler cannot follow.
    return { from, visitorId, name: known, payload: v.parse(contract[known].payload, payload) } as never
  } catch {
    return undefined
  }
}

export function createNeighbours({ db, log, hear }: Parts): Neighbours {
  if (db.kind !== 'postgres') return { tell() {} }
  const own = randomUUID()
  db.listen(
    CHANNEL,
    (text) => {
      const told = read(text)
      if (!told || told.from === own) return
      const { from: _, visitorId, ...event } = told
      hear(visitorId, event)
    },
    (reason) => log.warn('neighbours-lost', { reason }),
  )
  return {
    tell(visitorId, event) {
      const text = JSON.stringify({ from: own, visitorId, ...event })
      if (Buffer.byteLength(text) > MAX_BYTES) return
      acrossTenants(db, log)
        .execute('select pg_notify(?, ?)', [CHANNEL, text])
        .catch((error: unknown) => log.debug('neighbours-not-told', { reason: String(error) }))
    },
  }
}
