/**
 * Where several processes share a store, what one of them does to an app or a session the others find out by looking: once a second,
 * for those who are connected here.
 */
import type { VisitorSessions } from './auth/index.ts'
import type { Log } from './platform/index.ts'
import type { Streams } from './streams/index.ts'
import type { Tenancy } from './tenancy/index.ts'

const EVERY_MS = 1_000

interface Parts {
  log: Log
  tenancy: Tenancy
  sessions: VisitorSessions
  streams: Streams
  tellSettings: (appId: string) => Promise<void>
}

export function createWatch({ log, tenancy, sessions, streams, tellSettings }: Parts): { stop(): void } {
  /** By app: the version its visitors here were told of. */
  let versions = new Map<string, number>()

  async function look(): Promise<void> {
    const listening = streams.listening()
    const apps = new Map<string, number>()
    for (const appId of new Set(listening.map((it) => it.appId))) {
      const version = (await tenancy.findApp(appId))?.version
      if (version === undefined) continue
      apps.set(appId, version)
      if ((versions.get(appId) ?? version) !== version) await tellSettings(appId)
    }
    versions = apps
    const visitors = new Map(listening.flatMap(({ visitorId, sessionIds }) => sessionIds.map((id) => [id, visitorId])))
    if (visitors.size === 0) return
    for (const id of await sessions.endedOf([...visitors.keys()])) streams.endSession(id, visitors.get(id)!)
  }

  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look()
      .catch((error: unknown) => log.warn('watch-failed', { reason: String(error) }))
      .finally(() => (looking = false))
  }, EVERY_MS).unref()
  return { stop: () => clearInterval(timer) }
}
