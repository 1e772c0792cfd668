/** An app as it is at the moment, with the version that a change of it is held to. */
import {
  activateConfig,
  type Activation,
  type App,
  type ConfigVersion,
  listConfigs,
  pages,
  readApp,
  readConfig,
} from '@aside/protocol'
import { chooseApp, type OfTenant, tenantOf } from './choose.ts'
import type { Connection } from './connect.ts'
import { Problem } from './problems.ts'

export interface WholeApp {
  app: App
  /** For `If-Match`: what is decided here is decided about this state. */
  etag: string
  query: OfTenant
}

export interface OfApp {
  app?: string
  tenant?: string
}

export async function chooseWholeApp(connection: Connection, wanted: string | undefined, options: OfApp) {
  const chosen = await chooseApp(connection, wanted ?? options.app, options)
  return readWholeApp(connection, chosen.id, tenantOf(connection, chosen))
}

export async function readWholeApp({ client }: Connection, appId: string, query: OfTenant): Promise<WholeApp> {
  const response = await client.open(readApp, { params: { appId }, query }, { signal: AbortSignal.timeout(20_000) })
  return { app: (await response.json()) as App, etag: response.headers.get('etag') ?? '*', query }
}

/** Throws `precondition_failed` where somebody else was faster. */
export const activate = ({ client }: Connection, { app, etag, query }: WholeApp, body: Activation): Promise<App> =>
  client.call(activateConfig, { params: { appId: app.id }, query, body }, { headers: { 'if-match': etag } })

export async function* versionsOf({ client }: Connection, { app, query }: WholeApp): AsyncGenerator<ConfigVersion> {
  for await (const page of pages(client, listConfigs, { query: { ...query, appId: app.id } })) yield* page.configs
}

/** By its number. Throws where there is none. */
export async function findVersion(connection: Connection, whole: WholeApp, number: number): Promise<ConfigVersion> {
  for await (const it of versionsOf(connection, whole)) {
    if (it.number === number)
      return connection.client.call(readConfig, { params: { configId: it.id }, query: whole.query })
    if (it.number < number) break
  }
  throw new Problem('not_found', `${whole.app.name} has no configuration ${number}`, {
    hint: `see: aside config list ${whole.app.id}`,
  })
}

/** `live`, `trial for 20 %`, or nothing. */
export function stateOf({ live }: App, number: number): string {
  const states = [
    ...(live.config === number ? ['live'] : []),
    ...(live.trial?.config === number ? [`trial for ${live.trial.percent} %`] : []),
  ]
  return states.join(', ')
}
