import { createHash } from 'node:crypto'
import { endSession, readSettings, startSession } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import { type LiveApp, presentSettings } from '../tenancy/index.ts'
import type { VisitorSessions } from './sessions.ts'

export const authRoutes = (sessions: VisitorSessions, addressed: (address: string) => Promise<LiveApp>): Route[] => [
  serve(readSettings, async ({ params, ctx }) => {
    const settings = presentSettings(await addressed(params.appId))
    ctx.set('Cache-Control', 'no-cache')
    ctx.etag = createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 22)
    if (ctx.fresh) ctx.status = 304
    return settings
  }),
  serve(startSession, async ({ scope, body }) =>
    sessions.start(
      scope,
      await addressed(body.appId),
      scope.actor.kind === 'page' ? 'page' : 'backend',
      body.protocolVersion,
    ),
  ),
  serve(endSession, async ({ scope }) => {
    await sessions.end(scope)
    return undefined
  }),
]
