import { type App, type AppConfig, Fault, type Tenant } from '@aside/protocol'
import { acrossTenants, type Db, type Edge, type Log, newId, rowsOf, type Scope } from '../platform/index.ts'
import { AppOrigins, type AppRow, Apps, Tenants } from './entities.ts'
import { presentApp, presentTenant } from './present.ts'

const originRows = rowsOf(AppOrigins)
const appRows = rowsOf(Apps)

/** An app as requests need it: whose it is, where it may be embedded, how it answers. */
export interface LiveApp {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly allowedOrigins: ReadonlySet<string>
  readonly config: AppConfig
}

export interface Tenancy {
  createTenant(scope: Scope, input: { name: string }): Promise<Tenant>
  listTenants(scope: Scope): Promise<Tenant[]>
  createApp(scope: Scope, input: { name: string; allowedOrigins: string[]; config: AppConfig }): Promise<App>
  listApps(scope: Scope): Promise<App[]>
  /** Throws `not_found`, for another tenant's app just as for none. */
  readApp(scope: Scope, appId: string): Promise<App>
  /** Whose app this is, before anybody is known. Undefined where there is none. At most `freshMs` old. */
  findApp(appId: string): Promise<LiveApp | undefined>
  /** Does any app allow this origin? For a preflight, which names no app. */
  isKnownOrigin(origin: string): Promise<boolean>
}

export function createTenancy({
  db,
  edge,
  log,
  freshMs = 1_000,
}: {
  db: Db
  edge: Edge
  log: Log
  freshMs?: number
}): Tenancy {
  const everywhere = () => acrossTenants(db, log)
  const known = new Map<string, { at: number; app: LiveApp | undefined }>()
  const knownOrigins = new Map<string, { at: number; isKnown: boolean }>()

  async function originsOf(scope: Scope, apps: AppRow[]): Promise<Map<string, string[]>> {
    const result = new Map<string, string[]>(apps.map((app) => [app.id, []]))
    if (apps.length === 0) return result
    const rows = await originRows.find(scope, { appId: apps.map((app) => app.id) }, { orderBy: { origin: 'asc' } })
    for (const row of rows) result.get(row.appId)?.push(row.origin)
    return result
  }

  return {
    async createTenant(scope, { name }) {
      const row = { id: newId('tenant'), name, createdAt: new Date(edge.now()) }
      await scope.em.insert(Tenants, row)
      return presentTenant(row)
    },

    async listTenants(scope) {
      return (await scope.em.find(Tenants, {}, { orderBy: { id: 'asc' } })).map(presentTenant)
    },

    async createApp(scope, { name, allowedOrigins, config }) {
      const row = { id: newId('app'), name, config, createdAt: new Date(edge.now()) }
      const origins = [...new Set(allowedOrigins)].sort()
      await scope.transaction(async (tx) => {
        if (!(await tx.em.findOne(Tenants, { id: scope.tenantId }))) throw new Fault('not_found', 'No such tenant')
        await tx.create(Apps, row)
        await tx.create(
          AppOrigins,
          origins.map((origin) => ({ appId: row.id, origin })),
        )
        tx.afterCommit(() => {
          known.delete(row.id)
          knownOrigins.clear()
        })
      })
      return presentApp({ ...row, tenantId: scope.tenantId }, origins)
    },

    async listApps(scope) {
      const rows = await scope.em.find(Apps, {}, { orderBy: { id: 'asc' } })
      const origins = await originsOf(scope, rows)
      return rows.map((row) => presentApp(row, origins.get(row.id) ?? []))
    },

    async readApp(scope, appId) {
      const row = await appRows.one(scope, { id: appId })
      if (!row) throw new Fault('not_found', 'No such app')
      return presentApp(row, (await originsOf(scope, [row])).get(row.id) ?? [])
    },

    async findApp(appId) {
      const now = edge.now()
      const hit = known.get(appId)
      if (hit && Math.abs(now - hit.at) < freshMs) return hit.app
      const scope = everywhere()
      const row = await appRows.one(scope, { id: appId })
      const app = row
        ? {
            id: row.id,
            tenantId: row.tenantId,
            name: row.name,
            config: row.config,
            allowedOrigins: new Set((await originsOf(scope, [row])).get(row.id)),
          }
        : undefined
      // Bounded: whoever guesses ids cannot fill the memory.
      if (known.size >= 10_000) known.clear()
      known.set(appId, { at: now, app })
      return app
    },

    async isKnownOrigin(origin) {
      const now = edge.now()
      const hit = knownOrigins.get(origin)
      if (hit && Math.abs(now - hit.at) < freshMs) return hit.isKnown
      const isKnown = (await originRows.one(everywhere(), { origin })) !== undefined
      if (knownOrigins.size >= 10_000) knownOrigins.clear()
      knownOrigins.set(origin, { at: now, isKnown })
      return isKnown
    },
  }
}
