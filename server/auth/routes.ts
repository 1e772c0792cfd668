import { createHash } from 'node:crypto'
import {
  endSession,
  Fault,
  identifySession,
  readDetails,
  readSettings,
  saveDetails,
  startSession,
} from '@aside/protocol'
import type { Identities } from '../identity/index.ts'
import { type Actor, type Edge, type Route, serve } from '../platform/index.ts'
import { type LiveApp, presentSettings } from '../tenancy/index.ts'
import { createDetails } from './details.ts'
import { type Addressed, bearer } from './gate.ts'
import type { StartedBy, VisitorSessions } from './sessions.ts'

const backendKey = (actor: Actor): StartedBy['key'] =>
  actor.kind === 'key' ? { id: actor.keyId, env: actor.env } : undefined

interface Parts {
  edge: Edge
  sessions: VisitorSessions
  identities: Identities
  addressed: (address: string) => Promise<Addressed>
  findApp: (appId: string) => Promise<LiveApp | undefined>
}

export function authRoutes({ edge, sessions, identities, addressed, findApp }: Parts): Route[] {
  const details = createDetails(findApp)
  return [
    serve(readSettings, async ({ params, ctx }) => {
      const { app } = await addressed(params.appId)
      const settings = presentSettings(app, app.live.config, edge.now())
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
      if (body.protocolVersion !== undefined && body.protocolVersion < 1)
        throw new Fault('protocol_too_old', 'This widget is too old for the server')
      const proof = await identities.admit(scope, app, body.identity, how.via === 'backend')
      return sessions.start(scope, app, how, proof)
    }),
    serve(identifySession, async ({ scope, body, ctx }) => {
      const app = scope.actor.kind === 'visitor' ? await findApp(scope.actor.appId) : undefined
      if (!app) throw new Fault('unauthenticated', 'The session is not known here')
      return sessions.identify(scope, app, await identities.prove(scope, app, body.token), bearer(ctx) ?? '')
    }),
    serve(endSession, async ({ scope }) => {
      await sessions.end(scope)
      return undefined
    }),
    serve(readDetails, ({ scope }) => details.read(scope)),
    serve(saveDetails, ({ scope, body }) => details.save(scope, body.details)),
  ]
}
