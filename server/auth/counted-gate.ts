import type { Context } from 'koa'
import { isFault, rateOf } from '@aside/protocol'
import { type Asking, rateHeaders, type Rates, type Standing, tooOften } from '../limits/index.ts'
import type { Gate, Scope } from '../platform/index.ts'

/**
 * The gate with a counter in it: the one place where requests are counted. Whoever is let in is counted by what they are (session,
 * key, or the address of a page); whoever guesses tokens or keys by their address, and after too many of them refused before
 * anything is looked up. The operator is not counted.
 */
export function countedGate<G extends Gate>(gate: G, rates: Rates): G {
  return {
    ...gate,
    async authenticate(ctx, endpoint, parsed) {
      // The operator's token is compared with nothing that has to be looked up.
      const isOperators = ctx.get('Authorization').includes('as_op_') || ctx.get('X-API-Key').startsWith('as_op_')
      if (endpoint.access !== 'public' && !isOperators) refuse(ctx, rates.blocked(ctx.ip))
      let scope: Scope
      try {
        scope = await gate.authenticate(ctx, endpoint, parsed)
      } catch (error) {
        if (isFault(error) && isGuess(ctx, error.code)) await rates.guessed(ctx.ip)
        // A page can make its visitor's browser ask for apps that are none: that may cost them looking, and nothing else.
        if (isFault(error) && error.code === 'app_not_found') {
          const standing = await rates.take('look', { ip: ctx.ip })
          if (standing && !standing.counted.admitted) refuse(ctx, standing)
        }
        throw error
      }
      const name = rateOf(endpoint)
      if (name === undefined || scope.actor.kind === 'operator') return scope
      const named = { ...(parsed.body as object), ...(parsed.params as object) } as { appId?: string }
      const isKey = scope.actor.kind === 'key' || scope.actor.kind === 'agent'
      // A backend that starts its visitors' sessions does so from one address.
      const standing = await rates.take(isKey ? 'admin' : name, askingOf(ctx, scope, named.appId))
      if (standing) {
        ctx.set(rateHeaders(standing))
        if (!standing.counted.admitted) throw tooOften(standing.counted.nextMs)
      }
      return scope
    },
  }
}

function refuse(ctx: Context, standing: Standing | undefined): void {
  if (!standing) return
  ctx.set(rateHeaders(standing))
  throw tooOften(standing.counted.nextMs)
}

/** Who shows nothing has not guessed. */
const isGuess = (ctx: Context, code: string): boolean =>
  code === 'unauthenticated' && (ctx.get('Authorization') !== '' || ctx.get('X-API-Key') !== '')

function askingOf(ctx: Context, { actor, tenantId }: Scope, appId: string | undefined): Asking {
  const asking: Asking = { ip: ctx.ip, tenantId: tenantId === '*' ? undefined : tenantId, appId }
  if (actor.kind === 'visitor') return { ...asking, sessionId: actor.sessionId, appId: actor.appId }
  if (actor.kind === 'key') return { ...asking, keyId: actor.keyId }
  if (actor.kind === 'agent') return { ...asking, keyId: actor.agentId }
  return asking
}
