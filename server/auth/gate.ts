import { timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { type Endpoint, endSession, Fault, identifySession, type Scope as KeyScope, scopesOf } from '@aside/protocol'
import { type Agents, asAgent, isAccessToken } from '../agents/index.ts'
import type { Audit } from '../audit/index.ts'
import type { Keys } from '../keys/index.ts'
import {
  acrossTenants,
  createScope,
  type Db,
  type Edge,
  type Gate,
  type Log,
  type RequestOrigin,
  type Scope,
} from '../platform/index.ts'
import type { LiveApp, Tenancy } from '../tenancy/index.ts'
import type { Origins } from './origins.ts'
import type { VisitorSessions } from './sessions.ts'

/** What a page named: the app, and the key where it named it by one. */
export interface Addressed {
  app: LiveApp
  key: { id: string; env: 'live' | 'test' } | undefined
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  tenancy: Tenancy
  keys: Keys
  agents: Agents
  sessions: VisitorSessions
  origins: Origins
  /** Who holds it runs the server: it lies in the data folder, readable by its owner only. */
  operatorToken: string
  strict: boolean
}

export const bearer = (ctx: Context): string | undefined => /^Bearer +(\S+)$/i.exec(ctx.get('Authorization'))?.[1]

/** A key, from the two headers it may travel in. In an address it would be logged by every proxy on the way. */
const credential = (ctx: Context): string | undefined => ctx.get('X-API-Key') || bearer(ctx)

const originOf = (ctx: Context): RequestOrigin => ({ requestId: String(ctx.state['requestId']), ip: ctx.ip })

const isSame = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

export function createGate(parts: Parts): Gate & {
  /** The app a page names, by id or publishable key. Throws `app_not_found`. */
  addressed(address: string): Promise<Addressed>
} {
  const { db, edge, log, audit, tenancy, keys, agents, sessions, origins, operatorToken, strict } = parts

  async function addressed(address: string): Promise<Addressed> {
    const key = address.startsWith('as_pk_') ? await keys.findKey(address) : undefined
    const appId = key?.appId ?? address
    const app = /^app_[0-9a-z]{26}$/.test(appId) ? await tenancy.findApp(appId) : undefined
    if (!app) throw new Fault('app_not_found', 'No such app')
    return { app, key: key && { id: key.id, env: key.env } }
  }

  async function visitor(ctx: Context, endpoint: Endpoint): Promise<Scope> {
    const token = bearer(ctx)
    if (token === undefined) throw new Fault('unauthenticated', 'A session token is needed')
    const session = await sessions.find(token)
    if (session.via === 'page') {
      const app = await tenancy.findApp(session.appId)
      if (!app) throw new Fault('unauthenticated', 'The session is not known here')
      origins.check(ctx, app, session.env)
      // Begun before the app enforced it: it may sign in, or leave.
      if (
        app.identityMode === 'enforce' &&
        !session.secretId &&
        ![identifySession, endSession].includes(endpoint as never)
      )
        throw new Fault('identity_required', 'This app asks for a signed identity: sign in')
    }
    const { id: sessionId, visitorId, appId } = session
    const actor = {
      kind: 'visitor',
      visitorId,
      sessionId,
      appId,
      endsAt: session.expiresAt.getTime(),
      isBackend: session.via === 'backend',
    } as const
    return createScope(db, session.tenantId, actor, log, originOf(ctx))
  }

  async function page(ctx: Context, address: string): Promise<Scope> {
    const token = credential(ctx)
    const { app, key } = await addressed(address)
    if (token !== undefined && !token.startsWith('vst_')) {
      const scope = await secret(ctx, token, 'chat', { appId: app.id })
      if (scope.tenantId !== app.tenantId) throw new Fault('app_not_found', 'No such app')
      return scope
    }
    origins.check(ctx, app, key?.env)
    return createScope(db, app.tenantId, { kind: 'page' }, log, originOf(ctx))
  }

  async function secret(
    ctx: Context,
    token: string | undefined,
    needed: Endpoint['scope'],
    named: { tenantId?: string; appId?: string },
  ): Promise<Scope> {
    if (token === undefined) throw new Fault('unauthenticated', 'A secret key is needed, in X-API-Key')
    if (isSame(token, operatorToken)) {
      await refuseBrowser(ctx)
      const app = named.appId === undefined ? undefined : await tenancy.findApp(named.appId)
      if (named.appId !== undefined && (!app || (named.tenantId ?? app.tenantId) !== app.tenantId))
        throw new Fault('not_found', 'No such app')
      const tenantId = named.tenantId ?? app?.tenantId
      const everywhere = acrossTenants(db, log, { kind: 'operator' }, originOf(ctx))
      if (tenantId === undefined && ctx.method !== 'GET' && ctx.method !== 'HEAD')
        throw new Fault('invalid_input', 'query.tenantId: the operator says for which tenant', {
          issues: [{ path: 'query.tenantId', message: 'the operator says for which tenant' }],
        })
      return tenantId === undefined ? everywhere : everywhere.of(tenantId)
    }
    const key = await keys.findKey(token)
    if (token.startsWith('as_sk_')) await refuseBrowser(ctx, key)
    if (!key || key.kind !== 'secret') throw new Fault('unauthenticated', 'This key is not known, or no longer valid')
    if (named.tenantId !== undefined && named.tenantId !== key.tenantId) throw new Fault('not_found', 'No such tenant')
    const actor = { kind: 'key', keyId: key.id, env: key.env, scopes: key.scopes } as const
    return mustHave(createScope(db, key.tenantId, actor, log, originOf(ctx)), actor.scopes, needed)
  }

  /** Throws `scope_missing`, and writes that down. */
  async function mustHave(scope: Scope, has: readonly KeyScope[], needed: Endpoint['scope']): Promise<Scope> {
    if (needed === undefined || has.includes(needed)) return scope
    await audit.refused(scope, { action: 'access.refused', detail: { scope: needed } })
    throw new Fault(
      'scope_missing',
      `${scope.actor.kind === 'agent' ? 'Your role' : 'This key'} lacks the scope ${needed}`,
    )
  }

  /** Only in `Authorization`, and from no page but our own. */
  async function agent(ctx: Context, needed: Endpoint['scope'], named: { tenantId?: string }): Promise<Scope> {
    const token = bearer(ctx)
    if (token === undefined || !isAccessToken(token))
      throw new Fault('unauthenticated', 'An access token of an agent is needed')
    const row = await agents.signIns.find(token)
    origins.checkOwn(ctx)
    if (named.tenantId !== undefined && named.tenantId !== row.tenantId) throw new Fault('not_found', 'No such tenant')
    return mustHave(asAgent(db, log, row, originOf(ctx)), scopesOf(row.role), needed)
  }

  async function renewal(ctx: Context): Promise<Scope> {
    const token = agents.cookie.read(ctx)
    if (token === undefined) throw new Fault('unauthenticated', 'Nobody is signed in here')
    origins.checkOwn(ctx)
    return asAgent(db, log, await agents.signIns.holder(token), originOf(ctx))
  }

  async function refuseBrowser(ctx: Context, key?: { id: string; tenantId: string }): Promise<void> {
    if (ctx.get('Origin') === '') return
    const origin = ctx.get('Origin').slice(0, 200)
    log.warn('secret-key-in-browser', { origin })
    if (key) {
      const scope = createScope(db, key.tenantId, { kind: 'page' }, log, originOf(ctx))
      await audit.refused(scope, { action: 'key.refused', target: key.id, detail: { origin } })
    }
    throw new Fault(
      'secret_key_in_browser',
      'A secret key was sent from a web page: revoke it, and use the app id there',
    )
  }

  return {
    strict,
    now: edge.now,
    addressed,
    async authenticate(ctx, endpoint, { params, query, body }) {
      const named = { ...(query as object), ...(body as object), ...(params as object) } as {
        tenantId?: string
        appId?: string
      }
      switch (endpoint.access) {
        case 'public':
          return acrossTenants(db, log, { kind: 'page' }, originOf(ctx))
        case 'visitor':
          return visitor(ctx, endpoint)
        case 'page':
          return page(ctx, named.appId ?? '')
        case 'secret': {
          const inPath: { tenantId?: string; appId?: string } = { ...(query as object), ...(params as object) }
          const token = credential(ctx)
          if (token !== undefined && isAccessToken(token)) return agent(ctx, endpoint.scope, inPath)
          return secret(ctx, token, endpoint.scope, inPath)
        }
        case 'agent':
          return agent(ctx, endpoint.scope, {})
        case 'refresh':
          return renewal(ctx)
        case 'operator': {
          const token = credential(ctx)
          if (token === undefined || !isSame(token, operatorToken))
            throw new Fault('unauthenticated', 'This is for the operator of the server')
          await refuseBrowser(ctx)
          return acrossTenants(db, log, { kind: 'operator' }, originOf(ctx))
        }
      }
    },
  }
}
