/** Which tenant, which app: by id, by name, or the only one there is. */
import {
  type App,
  type Key,
  listAll,
  listApps,
  listKeys,
  listSources,
  listTenants,
  readApp,
  readTenant,
  type Source,
  type Tenant,
} from '@aside/protocol'
import type { Connection } from './connect.ts'
import { Problem, usage } from './problems.ts'

/** What the query of a tenant's endpoint needs beside what it asks: nothing, for a key knows its tenant. */
export type OfTenant = { tenantId?: string }

const isId = (prefix: string, text: string) => new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(text)

/** By its exact name, else by the same name in other letters' case. */
function named<T extends { name: string }>(all: T[], name: string): T[] {
  const exact = all.filter((it) => it.name === name)
  const fold = (text: string) => text.normalize('NFKC').toLowerCase()
  return exact.length > 0 ? exact : all.filter((it) => fold(it.name) === fold(name))
}

const listed = (all: { id: string; name: string }[]) => all.map((it) => `${it.name} (${it.id})`).join(', ')

export const allTenants = ({ client }: Connection): Promise<Tenant[]> => listAll(client, listTenants, 'tenants', {})

export const allApps = ({ client }: Connection, query: OfTenant): Promise<App[]> =>
  listAll(client, listApps, 'apps', { query })

export const allKeys = ({ client }: Connection, query: OfTenant): Promise<Key[]> =>
  listAll(client, listKeys, 'keys', { query })

export const allSources = ({ client }: Connection, appId: string, query: OfTenant = {}): Promise<Source[]> =>
  listAll(client, listSources, 'sources', { query: { ...query, appId } })

/** Neither ended nor rotated: one that was rotated has the name of the one in its place. */
export const isGood = (key: Key): boolean =>
  key.revokedAt === undefined && key.rotatedTo === undefined && Date.parse(key.expiresAt ?? '9999-01-01') > Date.now()

/** The tenant to act on. Throws where the operator has to say which. */
export async function chooseTenant(connection: Connection, wanted?: string): Promise<OfTenant> {
  if (wanted !== undefined && isId('ten', wanted)) return { tenantId: wanted }
  if (!connection.isOperator) {
    if (wanted === undefined) return {}
    throw usage('a key has its tenant already', 'leave --tenant out')
  }
  return { tenantId: chooseFrom(await allTenants(connection), wanted).id }
}

/** The same, with all there is to know of it. A key sees its own. */
export async function chooseWholeTenant(connection: Connection, wanted?: string): Promise<Tenant> {
  if (wanted !== undefined && isId('ten', wanted))
    return connection.client.call(readTenant, { params: { tenantId: wanted } })
  return chooseFrom(await allTenants(connection), wanted)
}

function chooseFrom(tenants: Tenant[], wanted: string | undefined): Tenant {
  const found = wanted === undefined ? tenants : named(tenants, wanted)
  if (found.length === 1) return found[0]!
  if (tenants.length === 0)
    throw new Problem('not_found', 'there is no tenant yet', { hint: 'make one: aside tenant create <name>' })
  if (found.length > 1)
    throw usage(`which tenant? ${listed(found)}`, `say it with --tenant <${wanted === undefined ? 'name or ' : ''}id>`)
  throw new Problem('not_found', `no tenant is called ${wanted}`, { hint: `there is: ${listed(tenants)}` })
}

/** A key that may only chat cannot look an app up: of one that is given by its id, that is all there is to know. */
export type Chosen = Pick<App, 'id' | 'name'> & Partial<App>

/** The app meant. `undefined` means the only one there is. */
export async function chooseApp(
  connection: Connection,
  wanted: string | undefined,
  options: { tenant?: string } = {},
): Promise<Chosen> {
  const { client } = connection
  const query = options.tenant === undefined ? {} : await chooseTenant(connection, options.tenant)
  if (wanted !== undefined && isId('app', wanted)) {
    if (!connection.isOperator) return { id: wanted, name: wanted }
    return client.call(readApp, { params: { appId: wanted }, query })
  }
  const apps = await allApps(connection, query)
  const found = wanted === undefined ? apps : named(apps, wanted)
  if (found.length === 1) return found[0]!
  if (apps.length === 0)
    throw new Problem('not_found', 'there is no app yet', { hint: 'make one: aside app create <name>' })
  if (found.length > 1) throw usage(`which app? ${listed(found)}`, 'say its id')
  throw new Problem('not_found', `no app is called ${wanted}`, { hint: `there is: ${listed(apps)}` })
}

/** For what names a tenant and not its app. */
export const tenantOf = (connection: Connection, { tenantId }: Chosen): OfTenant =>
  connection.isOperator && tenantId !== undefined ? { tenantId } : {}
