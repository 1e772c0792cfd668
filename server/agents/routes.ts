import {
  acceptInvitation,
  createAgent,
  Fault,
  inviteAgent,
  listAgents,
  login,
  logout,
  readMe,
  refresh,
  removeAgent,
  updateAgent,
} from '@aside/protocol'
import type { Context } from 'koa'
import { type Route, serve } from '../platform/index.ts'
import type { Agents } from './agents.ts'
import type { Issued } from './sign-ins.ts'

interface Parts {
  agents: Agents
  /** Throws `origin_not_allowed` for a page that is not ours: it could sign its visitor in as somebody else. */
  checkOwn: (ctx: Context) => void
}

export function agentRoutes({ agents, checkOwn }: Parts): Route[] {
  const { signIns, cookie } = agents
  const cookieOf = (ctx: Context): string => {
    const token = cookie.read(ctx)
    if (token === undefined) throw new Fault('unauthenticated', 'Nobody is signed in here')
    return token
  }
  const answer = (ctx: Context, { reply, renewal }: Issued) => {
    ctx.set('Cache-Control', 'no-store')
    cookie.write(ctx, renewal)
    return reply
  }
  return [
    serve(acceptInvitation, async ({ scope, ctx, body }) => {
      checkOwn(ctx)
      return agents.accept(scope, body)
    }),
    serve(login, async ({ scope, ctx, body }) => {
      checkOwn(ctx)
      return answer(ctx, await signIns.login(scope, body))
    }),
    serve(refresh, async ({ scope, ctx }) => answer(ctx, await signIns.refresh(scope, cookieOf(ctx)))),
    serve(logout, async ({ scope, ctx }) => {
      await signIns.logout(scope, cookieOf(ctx))
      cookie.write(ctx)
      return undefined
    }),
    serve(readMe, ({ scope }) => agents.me(scope)),
    serve(createAgent, ({ scope, body }) => agents.create(scope, body)),
    serve(listAgents, async ({ scope, query }) => {
      const { items, ...rest } = await agents.list(scope, query)
      return { agents: items, ...rest }
    }),
    serve(updateAgent, ({ scope, params, body }) => agents.update(scope, params.agentId, body)),
    serve(inviteAgent, ({ scope, params }) => agents.invite(scope, params.agentId)),
    serve(removeAgent, ({ scope, params }) => agents.remove(scope, params.agentId)),
  ]
}
