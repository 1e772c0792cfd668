/** A tenant's state as a file that gives the same state again. Never a secret, and no documents. */
import { stringify } from 'yaml'
import { Problem } from '../problems.ts'
import type { NamedKey, TenantFile } from './schema.ts'
import type { AppState, TenantState } from './state.ts'

/** Throws where two apps have one name: the file could not tell them apart. */
export function writeTenant(state: TenantState): { file: TenantFile; text: string } {
  const { tenant, apps } = state
  const names = apps.map((it) => it.whole.app.name)
  const twice = apps.find(({ whole }) => names.filter((it) => it === whole.app.name).length > 1)
  if (twice)
    throw new Problem('conflict', `two apps are called ${twice.whole.app.name}, and a file knows apps by name`, {
      hint: `rename one: aside app rename ${twice.whole.app.id} <name>`,
    })
  const { budget } = tenant
  const file: TenantFile = {
    tenant: tenant.name,
    ...(budget && Object.keys(budget).length > 0 ? { budget } : {}),
    apps: Object.fromEntries(apps.map((it) => [it.whole.app.name, appFile(it)])),
  }
  const head = `# ${tenant.name.replace(/\s/g, ' ')}, for: aside apply -f <this file>\n# What is left out here is left as it is there. Documents are not part of it: name them as \`sources\`.\n`
  return { file, text: head + stringify(file, { lineWidth: 0, aliasDuplicateObjects: false }) }
}

function appFile({ whole: { app }, trial, identity, keys }: AppState) {
  const named = keys.map(({ name, env }): NamedKey => ({ name, env }))
  const once = named.filter((it, i) => named.findIndex((other) => other.name === it.name && other.env === it.env) === i)
  return {
    origins: app.allowedOrigins,
    config: app.config,
    ...(trial ? { trial } : {}),
    identity: identity.mode,
    publishableKeys: once.map((it) => (it.env === 'live' ? it.name : it)),
  }
}
