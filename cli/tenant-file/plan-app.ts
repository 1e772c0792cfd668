import { readFile } from 'node:fs/promises'
import {
  addSource,
  type App,
  type AppConfig,
  createApp,
  createConfig,
  createKey,
  enforceIdentity,
  type IdentityMode,
  removeSource,
  revokeKey,
} from '@aside/protocol'
import { changesBetween } from '../changes.ts'
import { allSources } from '../choose.ts'
import { usage } from '../problems.ts'
import { activate, readWholeApp, update, type WholeApp } from '../whole-app.ts'
import { ofPlan, type Planning, type Step } from './plan.ts'
import type { SourceFile } from './read.ts'
import { type AppFile, keysOf } from './schema.ts'
import type { AppState } from './state.ts'

/** The app as the steps so far have left it. */
interface Place {
  whole?: WholeApp
}

/** Throws where several apps have this name. */
export async function planApp(
  plan: Planning,
  name: string,
  wanted: AppFile,
  found: AppState[],
  sources: SourceFile[] | undefined,
): Promise<void> {
  if (found.length > 1)
    throw usage(
      `several apps are called ${name}: ${found.map((it) => it.whole.app.id).join(', ')}`,
      'rename one: aside app rename <id> <name>',
    )
  const [state] = found
  const place: Place = state ? { whole: state.whole } : {}
  if (state) {
    planOrigins(plan, place, name, wanted, state.whole.app)
    planConfig(plan, place, name, wanted, state)
    planIdentity(plan, place, name, wanted, state.identity.mode)
  } else planNew(plan, place, name, wanted)
  if (wanted.identity === 'enforce' && !state?.identity.secrets.length)
    plan.remarks.push(`${name} has no secret, so "enforce" lets nobody in: aside identity secret create`)
  planKeys(plan, place, name, wanted, state)
  if (sources) await planSources(plan, place, name, sources)
}

function planNew(
  plan: Planning,
  place: Place,
  name: string,
  { origins = [], config = {}, trial, identity }: AppFile,
): void {
  const { client } = plan.connection
  plan.steps.push({
    kind: 'create',
    what: 'app',
    name,
    changes: changesBetween(
      {},
      {
        ...(origins.length > 0 ? { origins } : {}),
        ...config,
        ...(trial ? { trial } : {}),
        ...(identity ? { identity } : {}),
      },
    ),
    run: async () => {
      const query = ofPlan(plan)
      const app = await client.call(createApp, { query, body: { name, allowedOrigins: origins, config } })
      place.whole = await readWholeApp(plan.connection, app.id, query)
      if (trial) await goLive(plan, place, { config, trial })
      if (identity) await setIdentity(plan, place, identity)
    },
  })
}

function planOrigins(plan: Planning, place: Place, name: string, { origins }: AppFile, app: App): void {
  if (!origins) return
  const wanted = new Set(origins)
  const more = [...wanted].filter((it) => !app.allowedOrigins.includes(it)).sort()
  if (more.length === 0) plan.unchanged++
  else
    plan.steps.push({
      kind: 'change',
      what: 'origins',
      name,
      changes: more.map((after) => ({ path: 'origin', after })),
      run: () => putOrigins(plan, place, (now) => [...now, ...more]),
    })
  for (const origin of app.allowedOrigins)
    if (!wanted.has(origin))
      plan.beyond.push({
        kind: 'remove',
        what: 'origin',
        name: `${name}: ${origin}`,
        run: () => putOrigins(plan, place, (now) => now.filter((it) => it !== origin)),
      })
}

async function putOrigins({ connection }: Planning, place: Place, decide: (now: string[]) => string[]): Promise<void> {
  const { whole } = place
  place.whole = await update(connection, whole!, { allowedOrigins: decide(whole!.app.allowedOrigins).sort() })
}

function planIdentity(plan: Planning, place: Place, name: string, { identity }: AppFile, before: IdentityMode): void {
  if (identity === undefined) return
  if (identity === before) plan.unchanged++
  else
    plan.steps.push({
      kind: 'change',
      what: 'identity',
      name,
      changes: [{ path: 'identity', before, after: identity }],
      run: () => setIdentity(plan, place, identity),
    })
}

async function setIdentity(plan: Planning, place: Place, mode: IdentityMode): Promise<void> {
  const { app } = place.whole!
  const query = ofPlan(plan)
  await plan.connection.client.call(enforceIdentity, { params: { appId: app.id }, query, body: { mode } })
  // It is another version of the app now, and what follows is held to that one.
  place.whole = await readWholeApp(plan.connection, app.id, query)
}

interface LiveConfigs {
  config: AppConfig
  trial?: { percent: number; config: AppConfig } | undefined
}

function planConfig(plan: Planning, place: Place, name: string, wanted: AppFile, state: AppState): void {
  const { config, trial } = wanted
  if (!config) return
  const now: LiveConfigs = { config: state.whole.app.config, ...(state.trial ? { trial: state.trial } : {}) }
  const changes = changesBetween(now, { config, ...(trial ? { trial } : {}) })
  if (changes.length === 0) plan.unchanged++
  else
    plan.steps.push({
      kind: 'change',
      what: 'config',
      name,
      changes,
      run: () => goLive(plan, place, { config, trial }, state.trial?.config),
    })
}

/** Makes the configurations that are not there yet, and then both live at once. */
async function goLive(
  plan: Planning,
  place: Place,
  { config, trial }: LiveConfigs,
  trialNow?: AppConfig,
): Promise<void> {
  const { app } = place.whole!
  const numberOf = async (of: AppConfig, now: AppConfig | undefined, number: number | undefined) => {
    if (number !== undefined && now && changesBetween(now, of).length === 0) return number
    const query = { ...ofPlan(plan), appId: app.id }
    return (await plan.connection.client.call(createConfig, { query, body: { config: of, note: 'aside apply' } }))
      .number
  }
  const live = await numberOf(config, app.config, app.live.config)
  place.whole = await activate(plan.connection, place.whole!, {
    config: live,
    ...(trial
      ? { trial: { config: await numberOf(trial.config, trialNow, app.live.trial?.config), percent: trial.percent } }
      : {}),
  })
}

function planKeys(plan: Planning, place: Place, app: string, wanted: AppFile, state: AppState | undefined): void {
  if (!wanted.publishableKeys) return
  const have = state?.keys ?? []
  const names = keysOf(wanted)
  for (const { name, env } of names) {
    if (have.some((it) => it.name === name && it.env === env)) {
      plan.unchanged++
      continue
    }
    plan.steps.push({
      kind: 'create',
      what: 'key',
      name: `${app}: ${name}`,
      run: async () => {
        const body = { kind: 'publishable' as const, name, env, appId: place.whole!.app.id }
        const made = await plan.connection.client.call(createKey, { query: ofPlan(plan), body })
        plan.made.push({ app, name, key: made.secret })
      },
    })
  }
  for (const key of have)
    if (!names.some((it) => it.name === key.name && it.env === key.env))
      plan.beyond.push(keyRemoval(plan, `${app}: ${key.name}`, key.id))
}

async function planSources(plan: Planning, place: Place, app: string, files: SourceFile[]): Promise<void> {
  const { connection } = plan
  const have = place.whole ? await allSources(connection, place.whole.app.id, ofPlan(plan)) : []
  for (const file of files) {
    const found = have.find((it) => it.name === file.name)
    if (found?.sha256 === file.sha256) {
      plan.unchanged++
      continue
    }
    plan.steps.push({
      kind: found ? 'change' : 'create',
      what: 'source',
      name: `${app}: ${file.name}`,
      run: async () => {
        const query = { ...ofPlan(plan), appId: place.whole!.app.id, name: file.name }
        const content = new Uint8Array(await readFile(file.file))
        await connection.client.call(
          addSource,
          { query, content, contentType: file.contentType },
          { timeoutMs: 120_000 },
        )
      },
    })
  }
  for (const source of have)
    if (!files.some((it) => it.name === source.name))
      plan.beyond.push(sourceRemoval(plan, `${app}: ${source.name}`, source.id))
}

const keyRemoval = (plan: Planning, name: string, keyId: string): Step => ({
  kind: 'remove',
  what: 'key',
  name,
  run: async () => plan.connection.client.call(revokeKey, { params: { keyId }, query: ofPlan(plan) }),
})

const sourceRemoval = (plan: Planning, name: string, sourceId: string): Step => ({
  kind: 'remove',
  what: 'source',
  name,
  run: async () => plan.connection.client.call(removeSource, { params: { sourceId }, query: ofPlan(plan) }),
})
