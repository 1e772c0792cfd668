/** A tenant as it is on the server: as much of it as a file can say. */
import { type AppConfig, type Identity, type Key, readIdentity, type Tenant } from '@aside/protocol'
import { allApps, allKeys, isGood, type OfTenant } from '../choose.ts'
import type { Connection } from '../connect.ts'
import { findVersion, readWholeApp, type WholeApp } from '../whole-app.ts'

export interface AppState {
  whole: WholeApp
  trial?: { percent: number; config: AppConfig }
  identity: Identity
  /** The publishable ones that are good. */
  keys: Key[]
}

export interface TenantState {
  tenant: Tenant
  query: OfTenant
  apps: AppState[]
}

export async function readState(connection: Connection, tenant: Tenant): Promise<TenantState> {
  const query = { tenantId: tenant.id }
  const keys = (await allKeys(connection, query)).filter((it) => it.kind === 'publishable' && isGood(it))
  const apps: AppState[] = []
  for (const { id } of await allApps(connection, query)) {
    const whole = await readWholeApp(connection, id, query)
    const { trial } = whole.app.live
    apps.push({
      whole,
      ...(trial
        ? { trial: { percent: trial.percent, config: (await findVersion(connection, whole, trial.config)).config } }
        : {}),
      identity: await connection.client.call(readIdentity, { params: { appId: id }, query }),
      keys: keys.filter((it) => it.appId === id).reverse(),
    })
  }
  return { tenant, query, apps }
}
