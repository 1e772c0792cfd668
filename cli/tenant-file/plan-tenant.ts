import { type App, createTenant, removeApp, type Tenant, updateTenant } from '@aside/protocol'
import { changesBetween } from '../changes.ts'
import type { Connection } from '../connect.ts'
import { ofPlan, type Plan, type Planning, type Step } from './plan.ts'
import { planApp } from './plan-app.ts'
import type { Wanted } from './read.ts'
import type { TenantState } from './state.ts'

/** `state` is undefined where there is no such tenant yet. Nothing is changed before a step is run. */
export async function planTenant(
  connection: Connection,
  { file, sources }: Wanted,
  state: TenantState | undefined,
): Promise<Plan> {
  const plan: Planning = { connection, steps: [], unchanged: 0, beyond: [], remarks: [], made: [] }
  planItself(plan, file, state?.tenant)
  for (const [name, wanted] of Object.entries(file.apps ?? {})) {
    const found = state?.apps.filter((it) => it.whole.app.name === name) ?? []
    await planApp(plan, name, wanted, found, sources.get(name))
  }
  const { apps: named } = file
  if (named)
    for (const { whole } of state?.apps ?? [])
      if (!Object.hasOwn(named, whole.app.name)) plan.beyond.push(appRemoval(plan, whole.app))
  return plan
}

function planItself(plan: Planning, { tenant: name, budget }: Wanted['file'], tenant: Tenant | undefined): void {
  const { client } = plan.connection
  if (!tenant) {
    plan.steps.push({
      kind: 'create',
      what: 'tenant',
      name,
      ...(budget ? { changes: changesBetween({}, { budget }) } : {}),
      run: async () => {
        plan.tenantId = (await client.call(createTenant, { body: { name, ...(budget ? { budget } : {}) } })).id
      },
    })
    return
  }
  plan.tenantId = tenant.id
  const before = { name: tenant.name, budget: tenant.budget ?? {} }
  const changes = changesBetween(before, { name, budget: budget ?? before.budget })
  if (changes.length === 0) plan.unchanged++
  else
    plan.steps.push({
      kind: 'change',
      what: 'tenant',
      name,
      changes,
      run: async () => {
        const body = { name, ...(budget ? { budget } : {}) }
        await client.call(updateTenant, { params: { tenantId: tenant.id }, body })
      },
    })
}

/** It takes as long as there is much of it, as `aside erase` does. */
const appRemoval = (plan: Planning, { id, name }: App): Step => ({
  kind: 'remove',
  what: 'app',
  name,
  run: async () => {
    const input = { params: { appId: id }, query: ofPlan(plan) }
    await plan.connection.client.call(removeApp, input, { timeoutMs: 3_600_000 })
  },
})
