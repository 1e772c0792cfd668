/** An app as it is at the moment, with the version that a change of it is held to. */
import {
  activateConfig,
  type Activation,
  type App,
  type ConfigVersion,
  type Input,
  listConfigs,
  pages,
  readApp,
  readConfig,
  rollbackConfig,
  updateApp,
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
  return whole(await client.open(readApp, { params: { appId }, query }, inTime()), query)
}

const inTime = () => ({ signal: AbortSignal.timeout(20_000) })
const whole = async (response: Response, query: OfTenant): Promise<WholeApp> => ({
  app: (await response.json()) as App,
  etag: response.headers.get('etag') ?? '*',
  query,
})

/** Held to what `before` was read as, like all that follow. Throws `precondition_failed` where somebody else was faster. */
async function change<const E extends typeof updateApp | typeof activateConfig | typeof rollbackConfig>(
  { client }: Connection,
  { app, etag, query }: WholeApp,
  endpoint: E,
  body?: Input<E> extends { body: infer B } ? B : never,
): Promise<WholeApp> {
  const input = { params: { appId: app.id }, query, ...(body === undefined ? {} : { body }) }
  return whole(await client.open(endpoint, input, { ...inTime(), headers: { 'if-match': etag } }), query)
}

export const activate = (connection: Connection, before: WholeApp, body: Activation) =>
  change(connection, before, activateConfig, body)
export const update = (connection: Connection, before: WholeApp, body: Input<typeof updateApp>['body']) =>
  change(connection, before, updateApp, body)
export const rollBack = (connection: Connection, before: WholeApp) => change(connection, before, rollbackConfig)

export async function* versionsOf({ client }: Connection, { app, query }: WholeApp): AsyncGenerator<ConfigVersion> {
  for await (const page of pages(client, listConfigs, { query: { ...query, appId: app.id } })) yield* page.configs
}

/** By its number. Throws where there is none. */
export async function findVersion(connection: Connection, of: WholeApp, number: number): Promise<ConfigVersion> {
  for await (const it of versionsOf(connection, of)) {
    if (it.number === number)
      return connection.client.call(readConfig, { params: { configId: it.id }, query: of.query })
    if (it.number < number) break
  }
  throw new Problem('not_found', `${of.app.name} has no configuration ${number}`, {
    hint: `see: aside config list ${of.app.id}`,
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
