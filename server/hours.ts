/** Business hours begin and end by the clock: whoever has the chat open is told then, and whoever comes to it what holds. */
import type { Actor, Edge, Log } from './platform/index.ts'
import type { Streams } from './streams/index.ts'
import { awayOf, keepsHours, type LiveApp, presentSettings, type Tenancy } from './tenancy/index.ts'

/** How often the clock is looked at. They change with the minute only. */
const EVERY_MS = 1_000
const MINUTE_MS = 60_000

interface Parts {
  edge: Edge
  log: Log
  tenancy: Pick<Tenancy, 'findApp'>
  streams: Pick<Streams, 'listening' | 'tell'>
  tellSettings: (appId: string) => Promise<void>
}

export interface Hours {
  /** A visitor's stream has been opened. What they know may be from before their computer slept. */
  greet(actor: Actor): Promise<void>
  stop(): void
}

export function createHours({ edge, log, tenancy, streams, tellSettings }: Parts): Hours {
  /** By app that somebody here has open, and that keeps hours: what its visitors were told last. */
  const told = new Map<string, string>()

  const configsOf = ({ live, trial }: LiveApp) => [live.config, ...(trial ? [trial.config] : [])]
  const stateOf = (app: LiveApp) => JSON.stringify(configsOf(app).map((it) => awayOf(it, edge.now())))

  async function look(): Promise<void> {
    const listening = new Set(streams.listening().map((it) => it.appId))
    for (const [appId, before] of told) {
      const app = listening.has(appId) ? await tenancy.findApp(appId) : undefined
      if (!app || !configsOf(app).some(keepsHours)) {
        told.delete(appId)
        continue
      }
      const state = stateOf(app)
      if (state === before) continue
      told.set(appId, state)
      await tellSettings(appId)
    }
  }

  let minute = Math.floor(edge.now() / MINUTE_MS)
  const timer = setInterval(() => {
    const next = Math.floor(edge.now() / MINUTE_MS)
    if (next === minute) return
    minute = next
    look().catch((error: unknown) => log.warn('hours-failed', { reason: String(error) }))
  }, EVERY_MS).unref()

  return {
    async greet(actor) {
      const app = actor.kind === 'visitor' ? await tenancy.findApp(actor.appId) : undefined
      if (actor.kind !== 'visitor' || !app) return
      const { config } = app.configOf(actor.visitorId)
      if (!keepsHours(config)) return
      if (!told.has(app.id)) told.set(app.id, stateOf(app))
      streams.tell(actor.visitorId, {
        name: 'config-updated',
        payload: { settings: presentSettings(app, config, edge.now()) },
      })
    },
    stop: () => clearInterval(timer),
  }
}
