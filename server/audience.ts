/** Whoever has an app open: told what it looks like now, and let go where it asks who they are and nobody knows. */
import type { VisitorSessions } from './auth/index.ts'
import { createHours } from './hours.ts'
import type { Actor, Db, Edge, Log } from './platform/index.ts'
import type { Streams } from './streams/index.ts'
import { presentSettings, type Tenancy } from './tenancy/index.ts'
import { createWatch } from './watch.ts'

interface Parts {
  db: Pick<Db, 'kind'>
  edge: Edge
  log: Log
  tenancy: Tenancy
  sessions: VisitorSessions
  streams: Streams
}

export interface Audience {
  /** An app is another one than it was, here or in another process. */
  tell(appId: string): Promise<void>
  /** A visitor's stream has been opened. */
  greet(actor: Actor): Promise<void>
  stop(): void
}

export function createAudience({ db, edge, log, tenancy, sessions, streams }: Parts): Audience {
  async function tell(appId: string): Promise<void> {
    const app = await tenancy.findApp(appId)
    if (!app) return
    const listening = streams.listening().filter((it) => it.appId === appId)
    if (app.identityMode === 'enforce') {
      const anonymous = new Set(await sessions.anonymousOf(listening.flatMap((it) => it.sessionIds)))
      // The gate refuses them when they come back.
      for (const { visitorId, sessionIds } of listening)
        for (const id of sessionIds) if (anonymous.has(id)) streams.endSession(id, visitorId)
    }
    // With two configurations live, each is told their own.
    for (const { visitorId } of listening)
      streams.tell(visitorId, {
        name: 'config-updated',
        payload: { settings: presentSettings(app, app.configOf(visitorId).config, edge.now()) },
      })
  }

  const parts = { edge, log, tenancy, sessions, streams, tellSettings: tell }
  const hours = createHours(parts)
  const watch = db.kind === 'postgres' ? createWatch(parts) : undefined
  return {
    tell,
    greet: hours.greet,
    stop() {
      hours.stop()
      watch?.stop()
    },
  }
}
