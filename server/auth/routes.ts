import { createHash } from 'node:crypto'
import { endSession, readSettings, startSession } from '@aside/protocol'
import { type Actor, type Route, serve } from '../platform/index.ts'
import { presentSettings } from '../tenancy/index.ts'
import type { Addressed } from './gate.ts'
import type { StartedBy, VisitorSessions } from './sessions.ts'

const backendKey = (actor: Actor): StartedBy['key'] =>
  actor.kind === 'key' ? { id: actor.keyId, env: actor.env } : undefined

export const authRoutes = (sessions: VisitorSessions, addressed: (address: string) => Promise<Addressed>): Route[] => [
  serve(readSettings, async ({ params, ctx }) => {
    const { app } = await addressed(params.appId)
    const settings = presentSettings(app, app.live.config)
    ctx.set('Cache-Control', 'no-cache')
    ctx.etag = createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 22)
    if (ctx.fresh) ctx.status = 304
    return settings
  }),
  serve(startSession, async ({ scope, body }) => {
    const { app, key } = await addressed(body.appId)
    const { actor } = scope
    const how: StartedBy =
      actor.kind === 'page' ? { via: 'page', key } : { via: 'backend', key: backendKey(actor) ?? key }
    return sessions.start(scope, app, how, body.protocolVersion)
  }),
  serve(endSession, async ({ scope }) => {
    await sessions.end(scope)
    return undefined
  }),
]
