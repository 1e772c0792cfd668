/** The whole machine: what there is, what it is made of, and what happens when something happens. */
import Koa from 'koa'
import Router from 'koa-router'
import { type Check, Fault } from '@aside/protocol'
import { createEngine, createLocal, createModels, type EngineLimits, type Model } from './ai/index.ts'
import { createAudience } from './audience.ts'
import { agentRoutes, createAgents } from './agents/index.ts'
import { attachmentRoutes, createAttachments } from './attachments/index.ts'
import { auditRoutes, createAudit } from './audit/index.ts'
import {
  type Addresses,
  authRoutes,
  countedGate,
  createGate,
  createHosts,
  createOrigins,
  createUnused,
  createVisitorSessions,
  type SessionFacts,
} from './auth/index.ts'
import {
  adoptLast,
  type ConversationFacts,
  conversationRoutes,
  createDrafts,
  createLeases,
  createOpinions,
  createReading,
  type Reading,
  createThreads,
  createToolCalls,
  createTurnLife,
} from './conversations/index.ts'
import { createWidgets, fileRoutes, openCdn, widgetRoutes } from './files/index.ts'
import { createIdentities, createSecrets, identityRoutes } from './identity/index.ts'
import { createKeys, keyRoutes } from './keys/index.ts'
import { createKnowledge, knowledgeRoutes } from './knowledge/index.ts'
import { createLimits } from './limits/index.ts'
import { entities } from './tables.ts'
import { docsPage, openApi } from './openapi.ts'
import {
  acrossTenants,
  createFacts,
  createSeal,
  type Db,
  type Edge,
  funnel,
  type Log,
  type RateTable,
  type Route,
} from './platform/index.ts'
import { createPrivacy, privacyRoutes } from './privacy/index.ts'
import { createStreams, everTold, type StreamLimits, streamRoutes } from './streams/index.ts'
import { createTenancy, type TenancyFacts, tenancyRoutes } from './tenancy/index.ts'
import { operationRoutes } from './operations.ts'
import { createTidying } from './tidying.ts'

export { entities }

export interface AppParts {
  db: Db
  edge: Edge
  log: Log
  version: string
  /** Where browsers reach us, e.g. `https://chat.example`: known once the server listens. */
  addresses: Addresses
  operatorToken: string
  /** Seals the secrets that have to be read again. */
  secretsKey: string | undefined
  /** The provider's model, where one is configured. */
  openai?: { model: Model; name: string } | undefined
  cdnFolder: string
  /** By default an hour. */
  tidyEveryMs?: number | undefined
  /** Check everything we say against the contract. */
  strict: boolean
  trustedProxies: number
  /** How often who may ask. Absent: as often as they like. */
  rates: RateTable | undefined
  limits?: { streams?: Partial<StreamLimits>; engine?: Partial<EngineLimits>; privacy?: { sweepMs: number } }
  /** What `aside doctor` asks beside the store: the provider, mostly. */
  checks: () => Promise<Check[]>
}

export interface App {
  koa: Koa
  /** Takes up what was left, and answers from now on. */
  start(): Promise<void>
  /** Refuses new work, lets answers end for `graceMs`, then ends every stream. */
  drain(graceMs: number, spreadMs: number): Promise<void>
  load(): { running: number; queued: number; readers: number }
  /** How far was read, and who writes: what the other side of a conversation tells its visitor. */
  readonly reading: Reading
}

export async function createApp(parts: AppParts): Promise<App> {
  const { db, edge, log, strict } = parts
  const facts = createFacts<ConversationFacts & SessionFacts & TenancyFacts>(log)
  let isReady = false

  // The shelf, from left to right: each is given what stands left of it.
  const audit = createAudit({ edge })
  const tenancy = createTenancy({ db, edge, log, audit, facts })
  const keys = createKeys({
    db,
    edge,
    log,
    audit,
    tenancy,
    revoking: (tx, keyId) => sessions.endOfKey(tx, keyId),
  })
  const seal = createSeal(parts.secretsKey)
  const secrets = createSecrets({
    edge,
    log,
    audit,
    tenancy,
    seal,
    revoking: (tx, secretId) => sessions.endOfSecret(tx, secretId),
  })
  const identities = createIdentities({ edge, log, tenancy, secrets })
  const sessions = createVisitorSessions({
    db,
    edge,
    log,
    facts,
    identities,
    async merging(tx, from, to) {
      const conversationId = await adoptLast(tx, streams, from, to)
      await attachments.follow(tx, conversationId, from, to)
      if (conversationId !== undefined) await privacy.holds.follow(tx, conversationId, from, to)
    },
  })
  const { addresses } = parts
  const studioUrl = () => addresses.studio ?? addresses.api()
  const agents = await createAgents({ db, edge, log, audit, tenancy, keys, seal, publicUrl: studioUrl })
  const limits = createLimits({ db, edge, log, audit, tenancy, table: parts.rates })
  const origins = createOrigins({
    tenancy,
    ownOrigins: () => [new URL(addresses.embed ?? addresses.api()).origin],
    studioOrigins: () => [new URL(studioUrl()).origin],
    isFrameApart: addresses.embed !== undefined,
  })
  const uncounted = createGate({
    db,
    edge,
    log,
    audit,
    tenancy,
    keys,
    agents,
    sessions,
    origins,
    operatorToken: parts.operatorToken,
    strict,
  })
  const gate = countedGate(uncounted, limits.rates)
  const unused = createUnused({ db, edge, log, talked: everTold })
  const streams = await createStreams({
    db,
    edge,
    log,
    strict,
    ...(parts.limits?.streams ? { limits: parts.limits.streams } : {}),
  })
  const cdn = openCdn(parts.cdnFolder, parts.version, edge.now)
  const widgets = createWidgets({ cdn, tenancy, log })
  const drafts = createDrafts({ db, edge, log })
  const turns = createTurnLife({ edge, streams, facts, drafts, ledger: limits.ledger })
  const attachments = createAttachments({ db, edge, log, tenancy })
  const admit = (tenantId: string) => engine.admit(tenantId)
  const threads = createThreads({
    edge,
    streams,
    facts,
    attachments,
    tenancy,
    admit,
    expect: () => engine.expect(),
  })
  const reading = createReading(streams)
  const toolCalls = createToolCalls({ edge, streams, facts, admit })
  const leases = createLeases({ db, edge, log })
  const knowledge = createKnowledge({ edge, audit, tenancy })
  const models = createModels({ local: createLocal(), openai: parts.openai })
  const engine = createEngine({
    db,
    log,
    turns,
    streams,
    tenancy,
    leases,
    drafts,
    search: (scope, query) => knowledge.search(scope, query),
    fileOf: attachments.read,
    modelOf: (scope, app, { config }, visitorId) =>
      models.of(config, () => limits.budgets.standing(scope, { appId: app.id, visitorId, config })),
    used: (scope, app, { config }, visitorId) => limits.budgets.look(scope, { appId: app.id, visitorId, config }),
    tellPlace: ({ tenantId, turnId }, place) => turns.tellPlace(systemScope(tenantId), turnId, place),
    ...(parts.limits?.engine ? { limits: parts.limits.engine } : {}),
  })
  const privacy = createPrivacy({
    db,
    edge,
    log,
    audit,
    facts,
    entities,
    tenancy,
    keys,
    streams,
    drafts,
    knowledge,
    isQuiet: () => engine.load().running === 0,
    sweepMs: parts.limits?.privacy?.sweepMs,
  })
  const systemScope = (tenantId: string) => acrossTenants(db, log).of(tenantId)

  const audience = createAudience({ db, edge, log, tenancy, sessions, streams })

  // What happens next.
  facts.on('posted', (turn) => engine.consider(turn))
  facts.on('stored', (turn) => engine.announce(turn))
  facts.on('stopping', (turn) => engine.stop(turn))
  facts.on('app-changed', ({ appId }) => audience.tell(appId))
  facts.on('session-ended', ({ sessionId, visitorId }) => streams.endSession(sessionId, visitorId))

  const tidying = createTidying({ log, unused, attachments, ledger: limits.ledger, everyMs: parts.tidyEveryMs })

  const routes = [
    ...auditRoutes(audit),
    ...limits.routes,
    ...tenancyRoutes(tenancy),
    ...keyRoutes(keys),
    ...identityRoutes(identities),
    ...authRoutes({ edge, sessions, identities, addressed: gate.addressed, findApp: tenancy.findApp }),
    ...agentRoutes({ agents, checkOwn: origins.checkOwn }),
    ...streamRoutes(streams, audience.greet),
    ...conversationRoutes(threads, turns, createOpinions({ edge, streams, turns }), reading, toolCalls),
    ...attachmentRoutes(attachments),
    ...knowledgeRoutes(knowledge),
    ...privacyRoutes(privacy, tenancy),
    ...widgetRoutes(widgets),
    ...operationRoutes({ db, cdn, widgets, checks: parts.checks, isReady: () => isReady }),
  ]

  const router = new Router()
  // Fixed paths before those with a `:name` in their place.
  const depth = (route: Route) => route.endpoint.path.split('/').filter((part) => part.startsWith(':')).length
  for (const route of routes.sort((a, b) => depth(a) - depth(b)))
    router.register(route.endpoint.path, [route.endpoint.method], (ctx) => route.run(ctx as never, gate))
  const apiUrl = () => (addresses.embed === undefined ? undefined : addresses.api())
  fileRoutes(router, { cdn, widgets }, gate.addressed, apiUrl, limits.rates)
  router.get('/openapi.json', (ctx) => void (ctx.body = openApi(parts.version, addresses.api(), addresses.embed)))
  router.get('/docs', (ctx) => {
    ctx.set(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    ctx.type = 'html'
    ctx.body = docsPage()
  })

  const koa = new Koa({ proxy: parts.trustedProxies > 0, maxIpsCount: parts.trustedProxies })
  // Everything that can go wrong has gone through the funnel; what is left is a connection that broke.
  koa.on('error', (error: Error) => log.debug('connection-broke', { reason: error.message }))
  koa.use(funnel(log))
  koa.use(createHosts(addresses))
  koa.use(origins.cors)
  koa.use(router.routes() as never)
  koa.use(async (ctx) => {
    const others = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods)
    if (others.length === 0 || ctx.status !== 404) throw new Fault('not_found', 'There is nothing here')
    ctx.set('Allow', [...new Set(others)].join(', '))
    throw new Fault('method_not_allowed', `${ctx.method} is not possible here`)
  })

  return {
    koa,
    async start() {
      await engine.start()
      privacy.start()
      tidying.start()
      isReady = true
    },
    async drain(graceMs, spreadMs) {
      isReady = false
      audience.stop()
      tidying.stop()
      await engine.drain(graceMs)
      streams.close(spreadMs)
      await privacy.stop()
    },
    reading,
    load: () => ({ ...engine.load(), readers: streams.readers() }),
  }
}
