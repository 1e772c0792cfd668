/** Which pages may speak to us: exact origins, and nothing where nothing was said. */
import type { Context, Middleware } from 'koa'
import { Fault } from '@aside/protocol'
import type { LiveApp, Tenancy } from '../tenancy/index.ts'

export interface Origins {
  /** Throws `no_allowed_origins`, `origin_missing` or `origin_not_allowed`. */
  check(ctx: Context, app: LiveApp, env?: 'live' | 'test'): void
  /** For agents: a page of ours, or no page at all. Throws `origin_not_allowed`. */
  checkOwn(ctx: Context): void
  /** Answers preflights, and lets known origins read what they are answered. */
  cors: Middleware
}

const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, POST, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID, Idempotency-Key',
  'Access-Control-Max-Age': '600',
}

/** A page on the developer's own machine: let in with a test key only. */
const isHere = (origin: string): boolean => /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(origin)

/** This machine has two names, and people use either. */
const namesOf = (origin: string): string[] =>
  /^https?:\/\/(localhost|127\.0\.0\.1)(:|$)/.test(origin)
    ? ['localhost', '127.0.0.1'].map((name) => origin.replace(/localhost|127\.0\.0\.1/, name))
    : [origin]

export interface OriginParts {
  tenancy: Tenancy
  /** Where the iframe's document comes from: its page was checked by `frame-ancestors` instead. */
  ownOrigins: () => string[]
  /** Where agents' pages come from. */
  studioOrigins: () => string[]
  /** The frame's reads name no origin while it comes from the API's own; from elsewhere they do, and nothing else passes. */
  isFrameApart: boolean
}

export function createOrigins({ tenancy, ownOrigins, studioOrigins, isFrameApart }: OriginParts): Origins {
  const isOwn = (ctx: Context) => {
    const origin = ctx.get('Origin')
    if (origin !== '') return ownOrigins().includes(origin)
    return !isFrameApart && ctx.get('Sec-Fetch-Site') === 'same-origin'
  }
  return {
    check(ctx, app, env) {
      const origin = ctx.get('Origin')
      let refused: Fault | undefined
      if (env === 'test' && (isOwn(ctx) || isHere(origin))) return
      else if (app.allowedOrigins.size === 0)
        refused = new Fault('no_allowed_origins', 'This app has no allowed origins: add the page it is embedded in')
      else if (isOwn(ctx)) return
      else if (origin === '') refused = new Fault('origin_missing', 'The request names no origin')
      else if (!app.allows(origin))
        refused = new Fault('origin_not_allowed', `This app may not be used on ${origin.slice(0, 200)}`)
      if (!refused) return
      ctx.remove('Access-Control-Allow-Origin')
      throw refused
    },
    checkOwn(ctx) {
      const origin = ctx.get('Origin')
      const site = ctx.get('Sec-Fetch-Site')
      // A browser says `none` where a person typed the address, and nothing but a browser says anything.
      const isFromOurs = site === '' || site === 'same-origin' || site === 'none'
      if (isFromOurs && (origin === '' || studioOrigins().flatMap(namesOf).includes(origin))) return
      ctx.remove('Access-Control-Allow-Origin')
      throw new Fault('origin_not_allowed', `Agents work on ${studioOrigins().join(' and ')} only`)
    },
    async cors(ctx, next) {
      ctx.vary('Origin')
      const origin = ctx.get('Origin')
      if (
        origin !== '' &&
        ctx.path.startsWith('/v1/') &&
        (ownOrigins().includes(origin) || isHere(origin) || (await tenancy.isKnownOrigin(origin)))
      ) {
        ctx.set('Access-Control-Allow-Origin', origin)
        ctx.set(
          'Access-Control-Expose-Headers',
          'X-Request-Id, Retry-After, Idempotent-Replayed, ETag, RateLimit, RateLimit-Policy',
        )
      }
      if (ctx.method === 'OPTIONS' && ctx.get('Access-Control-Request-Method') !== '') {
        if (ctx.response.get('Access-Control-Allow-Origin')) ctx.set(PREFLIGHT)
        ctx.status = 204
        return
      }
      await next()
    },
  }
}
