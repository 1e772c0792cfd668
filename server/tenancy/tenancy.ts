import { type App, type AppConfig, Fault } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import {
  acrossTenants,
  type Db,
  type Edge,
  type Facts,
  type Log,
  newId,
  type Page,
  type PageQuery,
  pageOf,
  rowsOf,
  type Scope,
} from '../platform/index.ts'
import { checkOrigins } from './allowed-origins.ts'
import { type Configs, configsOf, createConfigs, liveOf, lockApp } from './configs.ts'
import { AppOrigins, type AppRow, Apps, Tenants as TenantTable } from './entities.ts'
import { createIdentityModes, type IdentityModes } from './identity-modes.ts'
import { createLiveApp, type LiveApp } from './live-app.ts'
import { rulesFor } from './origin-rules.ts'
import { presentApp } from './present.ts'
import { createTenants, type Tenants } from './tenants.ts'
import { createWidgetChoices, type WidgetChoices } from './widget-choices.ts'

const tenantRows = rowsOf(TenantTable)
const originRows = rowsOf(AppOrigins)
const appRows = rowsOf(Apps)

export interface TenancyFacts {
  /** What visitors of the app see, or where they may, is another thing now. */
  'app-changed': { appId: string }
}

/** An app with the version it is shown at. */
export interface Versioned {
  app: App
  version: number
}

export interface Tenancy extends Tenants {
  readonly configs: Configs
  readonly identityModes: IdentityModes
  readonly widgetChoices: WidgetChoices
  /** Throws `invalid_input` for an origin that stands for other people's pages too. */
  createApp(scope: Scope, input: { name: string; allowedOrigins: string[]; config: AppConfig }): Promise<App>
  listApps(scope: Scope, query: PageQuery): Promise<Page<App>>
  /** Throws `not_found`, for another tenant's app just as for none. */
  readApp(scope: Scope, appId: string): Promise<Versioned>
  /** Throws `not_found`, `invalid_input`, and `precondition_failed` where the app is not at the `expected` version. */
  updateApp(
    scope: Scope,
    appId: string,
    changes: { name?: string | undefined; allowedOrigins?: string[] | undefined },
    expected?: number,
  ): Promise<Versioned>
  /** Whose app this is, before anybody is known. Undefined where there is none. At most `freshMs` old. */
  findApp(appId: string): Promise<LiveApp | undefined>
  /** What was read of the app before does not count. */
  forget(appId: string): void
  /** Does any app allow this origin? For a preflight, which names no app. */
  isKnownOrigin(origin: string): Promise<boolean>
}

interface Parts {
  db: Db
  edge: Edge
  log: Log
  audit: Audit
  facts: Facts<TenancyFacts>
  freshMs?: number
}

export function createTenancy({ db, edge, log, audit, facts, freshMs = 1_000 }: Parts): Tenancy {
  const everywhere = () => acrossTenants(db, log)
  const known = new Map<string, { at: number; app: LiveApp | undefined }>()
  const knownOrigins = new Map<string, { at: number; isKnown: boolean }>()

  function forget(appId: string): void {
    known.delete(appId)
    knownOrigins.clear()
  }

  function tellChanged(appId: string): void {
    forget(appId)
    void facts.tell('app-changed', { appId })
  }

  const configs = createConfigs({ edge, audit, changed: tellChanged })

  async function originsOf(scope: Scope, appId: string): Promise<string[]> {
    return (await originRows.find(scope, { appId }, { orderBy: { origin: 'asc' } })).map((row) => row.origin)
  }

  /** The app with all that belongs to it. One that has nothing live is being removed, or just being made. */
  async function gather(scope: Scope, row: AppRow) {
    const [origins, live] = await Promise.all([originsOf(scope, row.id), liveOf(scope, row.id)])
    return live && { origins, live, configs: await configsOf(scope, live) }
  }

  async function present(scope: Scope, row: AppRow): Promise<App> {
    const found = await gather(scope, row)
    if (!found) throw new Fault('not_found', 'No such app')
    return presentFound(row, found)
  }

  function presentFound(row: AppRow, { origins, live, configs }: NonNullable<Awaited<ReturnType<typeof gather>>>): App {
    return presentApp(row, { origins, live, config: configs.get(live.config) ?? {} })
  }

  async function readApp(scope: Scope, appId: string): Promise<Versioned> {
    const row = await appRows.one(scope, { id: appId })
    if (!row) throw new Fault('not_found', 'No such app')
    return { app: await present(scope, row), version: row.version }
  }

  return {
    ...createTenants({ edge, audit }),
    configs,
    identityModes: createIdentityModes({ audit, changed: tellChanged }),
    // Who is connected has a widget already.
    widgetChoices: createWidgetChoices({ db, log, audit, changed: forget }),
    forget,

    async createApp(scope, { name, allowedOrigins, config }) {
      const createdAt = new Date(edge.now())
      const row = { id: newId('app'), name, version: 1, identityMode: 'off' as const, widget: null, createdAt }
      const origins = checkOrigins(allowedOrigins)
      return scope.transaction(async (tx) => {
        if (!(await tenantRows.one(tx, { id: scope.tenantId }))) throw new Fault('not_found', 'No such tenant')
        await appRows.insert(tx, row)
        await originRows.insert(
          tx,
          origins.map((origin) => ({ appId: row.id, origin })),
        )
        await configs.begin(tx, row.id, config)
        await audit.record(tx, { action: 'app.created', target: row.id, detail: { origins: origins.length } })
        tx.afterCommit(() => forget(row.id))
        return present(tx, { ...row, tenantId: scope.tenantId })
      })
    },

    async listApps(scope, query) {
      const page = await pageOf(scope, 'apps', query, (after, limit) =>
        appRows.find(scope, { id: after === undefined ? undefined : { gt: after } }, { orderBy: { id: 'asc' }, limit }),
      )
      const shown = await Promise.all(page.items.map(async (row) => ({ row, found: await gather(scope, row) })))
      // One that is being removed is not there any more.
      return { ...page, items: shown.flatMap(({ row, found }) => (found ? [presentFound(row, found)] : [])) }
    },

    readApp,

    async updateApp(scope, appId, { name, allowedOrigins }, expected) {
      const origins = allowedOrigins && checkOrigins(allowedOrigins)
      return scope.transaction(async (tx) => {
        const row = await lockApp(tx, appId, expected)
        const before = await originsOf(tx, appId)
        if (origins) {
          await originRows.remove(tx, { appId })
          await originRows.insert(
            tx,
            origins.map((origin) => ({ appId, origin })),
          )
        }
        await appRows.update(tx, { id: appId }, { name, version: row.version + 1 })
        const changed = {
          ...(name === undefined ? {} : { name: true }),
          ...(origins === undefined
            ? {}
            : {
                added: origins.filter((it) => !before.includes(it)).join(' '),
                removed: before.filter((it) => !origins.includes(it)).join(' '),
              }),
        }
        await audit.record(tx, { action: 'app.updated', target: appId, detail: changed })
        tx.afterCommit(() => tellChanged(appId))
        return readApp(tx, appId)
      })
    },

    async findApp(appId) {
      const now = edge.now()
      const hit = known.get(appId)
      if (hit && Math.abs(now - hit.at) < freshMs) return hit.app
      const scope = everywhere()
      const row = await appRows.one(scope, { id: appId })
      const found = row && (await gather(scope, row))
      const app = found ? createLiveApp(row, found.origins, found.live, found.configs) : undefined
      // Bounded: whoever guesses ids cannot fill the memory.
      if (known.size >= 10_000) known.clear()
      known.set(appId, { at: now, app })
      return app
    },

    async isKnownOrigin(origin) {
      const rules = rulesFor(origin)
      // Nor is it remembered.
      if (rules.length === 0) return false
      const now = edge.now()
      const hit = knownOrigins.get(origin)
      if (hit && Math.abs(now - hit.at) < freshMs) return hit.isKnown
      const isKnown = (await originRows.one(everywhere(), { origin: rules })) !== undefined
      if (knownOrigins.size >= 10_000) knownOrigins.clear()
      knownOrigins.set(origin, { at: now, isKnown })
      return isKnown
    },
  }
}
