/** An app's configurations: each one numbered and never changed; which of them is live is a row of its own. */
import * as v from 'valibot'
import { type Activation, AppConfig, type ConfigChange, type ConfigVersion, Fault } from '@aside/protocol'
import { actorName, type Audit } from '../audit/index.ts'
import { type Edge, mustBe, newId, type Page, type PageQuery, pageOf, rowsOf, type Scope } from '../platform/index.ts'
import { type ActivationRow, Activations, type AppRow, Apps, type ConfigRow, ConfigVersions } from './entities.ts'
import { presentConfig } from './present.ts'

const appRows = rowsOf(Apps)
const configRows = rowsOf(ConfigVersions)
const activationRows = rowsOf(Activations)

export interface Configs {
  /** The next configuration of an app. Nobody sees it before it is activated. Throws `conflict` where a tenant has made a thousand. */
  create(scope: Scope, appId: string, input: { config: AppConfig; note?: string | undefined }): Promise<ConfigVersion>
  list(scope: Scope, appId: string, query: PageQuery): Promise<Page<ConfigVersion>>
  /** Throws `not_found`. */
  read(scope: Scope, configId: string): Promise<ConfigVersion>
  /** Throws `not_found`, for two of different apps too. */
  diff(scope: Scope, configId: string, against: string): Promise<ConfigChange[]>
  /** Throws `precondition_failed` where the app is not at the `expected` version, `not_found` for numbers there are not. */
  activate(scope: Scope, appId: string, input: Activation, expected?: number): Promise<void>
  /** Throws `conflict` where nothing was live before. */
  rollBack(scope: Scope, appId: string, expected?: number): Promise<void>
  /** The first configuration, live, of an app that is being made in this transaction. */
  begin(tx: Scope, appId: string, config: AppConfig): Promise<void>
}

interface Parts {
  edge: Edge
  audit: Audit
  /** Called when others can see that another configuration is live. */
  changed: (appId: string) => void
}

const noApp = () => new Fault('not_found', 'No such app')
const noConfig = () => new Fault('not_found', 'No such configuration')

/** Locks the app, so that its versions and numbers follow one another. Throws `not_found`, `precondition_failed`. */
export async function lockApp(tx: Scope, appId: string, expected?: number): Promise<AppRow> {
  const app = await appRows.one(tx, { id: appId }, { lock: true })
  if (!app) throw noApp()
  mustBe(expected, app.version)
  return app
}

export const liveOf = (scope: Scope, appId: string): Promise<ActivationRow | undefined> =>
  activationRows.one(scope, { appId }, { orderBy: { number: 'desc' } })

export const configsOf = async (scope: Scope, live: ActivationRow): Promise<Map<number, AppConfig>> => {
  const numbers = [live.config, live.trialConfig].filter((it) => typeof it === 'number')
  const rows = await configRows.find(scope, { appId: live.appId, number: numbers })
  return new Map(rows.map((row) => [row.number, row.config]))
}

/** They stay as long as their app, so that whoever makes them in a loop would fill the store. */
const MOST = 1_000

function mustHaveRoom({ kind }: Scope['actor'], number: number): void {
  if (number < MOST || kind === 'operator' || kind === 'system') return
  const most = MOST.toLocaleString('en')
  throw new Fault(
    'conflict',
    `This app has ${most} configurations, as many as it may: activate one of them, make another app, or ask the operator of the server, who may add more`,
  )
}

export function createConfigs({ edge, audit, changed }: Parts): Configs {
  async function insert(
    tx: Scope,
    appId: string,
    number: number,
    config: AppConfig,
    note?: string,
  ): Promise<ConfigRow> {
    const row = {
      id: newId('config'),
      appId,
      number,
      config,
      note: note ?? null,
      createdBy: actorName(tx.actor),
      createdAt: new Date(edge.now()),
    }
    await configRows.insert(tx, row)
    return { ...row, tenantId: tx.tenantId }
  }

  /** Makes it live, and raises the app's version. */
  async function setLive(
    tx: Scope,
    app: AppRow,
    live: Pick<ActivationRow, 'config' | 'trialConfig' | 'trialPercent' | 'before'>,
    now: ActivationRow | undefined,
  ): Promise<void> {
    const row = { appId: app.id, number: (now?.number ?? 0) + 1, createdAt: new Date(edge.now()), ...live }
    await activationRows.insert(tx, row)
    await appRows.update(tx, { id: app.id }, { version: app.version + 1 })
    await audit.record(tx, {
      action: 'config.activated',
      target: app.id,
      detail: {
        config: live.config,
        ...(live.trialConfig === null ? {} : { trial: live.trialConfig, percent: live.trialPercent ?? 0 }),
        ...(now ? { before: now.config } : {}),
      },
    })
    tx.afterCommit(() => changed(app.id))
  }

  return {
    create: (scope, appId, { config, note }) =>
      scope.transaction(async (tx) => {
        await lockApp(tx, appId)
        const last = await configRows.one(tx, { appId }, { orderBy: { number: 'desc' } })
        mustHaveRoom(tx.actor, last?.number ?? 0)
        const row = await insert(tx, appId, (last?.number ?? 0) + 1, config, note)
        await audit.record(tx, { action: 'config.created', target: row.id, detail: { app: appId, number: row.number } })
        return presentConfig(row)
      }),

    async list(scope, appId, query) {
      if (!(await appRows.one(scope, { id: appId }))) throw noApp()
      const page = await pageOf(
        scope,
        `configs ${appId}`,
        query,
        (after, limit) =>
          configRows.find(
            scope,
            { appId, number: after === undefined ? undefined : { lt: Number(after) } },
            { orderBy: { number: 'desc' }, limit },
          ),
        (row) => String(row.number),
      )
      return { ...page, items: page.items.map(presentConfig) }
    },

    async read(scope, configId) {
      const row = await configRows.one(scope, { id: configId })
      if (!row) throw noConfig()
      return presentConfig(row)
    },

    async diff(scope, configId, against) {
      const [after, before] = await Promise.all([
        configRows.one(scope, { id: configId }),
        configRows.one(scope, { id: against }),
      ])
      if (!after || before?.appId !== after.appId) throw noConfig()
      return changesBetween(before.config, after.config)
    },

    async activate(scope, appId, { config, trial }, expected) {
      await scope.transaction(async (tx) => {
        const app = await lockApp(tx, appId, expected)
        const numbers = [config, ...(trial ? [trial.config] : [])]
        const found = await configRows.find(tx, { appId, number: numbers })
        if (found.length < new Set(numbers).size) throw noConfig()
        for (const row of found) mustBeValid(row)
        const now = await liveOf(tx, appId)
        const next = { config, trialConfig: trial?.config ?? null, trialPercent: trial?.percent ?? null }
        // The same again changes nothing, so that a roll-back from here does not lead here.
        const isSame =
          now?.config === next.config && now.trialConfig === next.trialConfig && now.trialPercent === next.trialPercent
        const before = isSame ? now.before : (now?.number ?? null)
        await setLive(tx, app, { ...next, before }, now)
      })
    },

    async rollBack(scope, appId, expected) {
      await scope.transaction(async (tx) => {
        const app = await lockApp(tx, appId, expected)
        const now = await liveOf(tx, appId)
        if (typeof now?.before !== 'number')
          throw new Fault('conflict', 'Nothing was live before: there is nothing to go back to')
        const { config, trialConfig, trialPercent, before } = await activationRows.get(tx, {
          appId,
          number: now.before,
        })
        await setLive(tx, app, { config, trialConfig, trialPercent, before }, now)
      })
    },

    async begin(tx, appId, config) {
      await insert(tx, appId, 1, config)
      await activationRows.insert(tx, {
        appId,
        number: 1,
        config: 1,
        trialConfig: null,
        trialPercent: null,
        before: null,
        createdAt: new Date(edge.now()),
      })
    },
  }
}

/** It was valid when it was made; a newer server may know better. */
function mustBeValid({ number, config }: ConfigRow): void {
  const { issues } = v.safeParse(AppConfig, config)
  if (!issues) return
  const first = `${v.getDotPath(issues[0]) ?? 'config'}: ${issues[0].message}`
  throw new Fault('conflict', `Configuration ${number} is not valid any more (${first}): make another one of it`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Value by value, in the order of their paths. Lists are compared whole: their places mean something. */
export function changesBetween(before: unknown, after: unknown, path = ''): ConfigChange[] {
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => changesBetween(before[key], after[key], path === '' ? key : `${path}.${key}`))
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}
