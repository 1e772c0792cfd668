/** Whose the rows of each table are: so that whoever exports or erases somebody finds all of it, whatever tables there are. */
import type { EntitySchema } from '@mikro-orm/core'
import { type Condition, type Rows, rowsOf } from '../platform/index.ts'

/** What can be exported or erased: the rows of these tables, with all that hangs on them. */
export type Root = 'tenants' | 'apps' | 'sources' | 'visitors' | 'conversations'
type Owner = Root | 'messages' | 'files'

export interface Place {
  /** By the table that a row belongs to, the column that names it, or those of which each does. Of several one is enough. */
  of: Partial<Record<Owner, string | string[]>>
  /** `derived`: it only repeats other rows, or cannot be read, and is left out of an export. */
  isDerived?: true
  /** Columns that no export shows: hashes of secrets, and what is computed from other columns. */
  hidden?: string[]
  /** The column of bytes that are somebody's own: in base64 in an export, which reads one such row at a time. */
  bytes?: string
  /** What is the owner's business, and no visitor's own export shows: all of it, or these columns. */
  owners?: true | string[]
}

/** In an order in which they can be erased: a table stands before those it refers to. */
export const places: Record<string, Place> = {
  grounds: { of: { messages: 'message_id' } },
  turns: { of: { conversations: 'conversation_id' }, owners: ['model', 'config', 'reckoning', 'owner'] },
  privacy_holds: { of: { visitors: 'visitor_id', conversations: 'conversation_id' }, owners: true },
  file_contents: { of: { files: 'file_id' }, bytes: 'bytes' },
  files: { of: { visitors: 'visitor_id', conversations: 'conversation_id' } },
  messages: { of: { conversations: 'conversation_id' } },
  conversations: { of: { visitors: 'visitor_id' } },
  stream_events: { of: { visitors: 'visitor_id' }, isDerived: true },
  stream_heads: { of: { visitors: 'visitor_id' }, isDerived: true },
  sessions: { of: { visitors: 'visitor_id' }, hidden: ['tokenHash'] },
  // Of a visitor's own, and of the app's and the tenant's, which name no visitor.
  usage_days: { of: { visitors: 'visitor_id', apps: 'app_id', tenants: 'tenant_id' }, owners: true },
  notices: { of: { visitors: 'visitor_id', apps: 'app_id', tenants: 'tenant_id' }, owners: true },
  // Gone with either of the two.
  visitor_merges: { of: { visitors: ['visitor_id', 'into_id'] } },
  visitors: { of: { apps: 'app_id' } },
  chunks: { of: { sources: 'source_id' }, hidden: ['vector'] },
  sources: { of: { apps: 'app_id' }, hidden: ['hash'] },
  knowledge_heads: { of: { apps: 'app_id' }, isDerived: true },
  identity_secrets: { of: { apps: 'app_id' }, hidden: ['sealed'] },
  identity_counts: { of: { apps: 'app_id' } },
  activations: { of: { apps: 'app_id' } },
  config_versions: { of: { apps: 'app_id' } },
  app_origins: { of: { apps: 'app_id' } },
  // A publishable key is an app's; a secret one only its tenant's.
  keys: { of: { apps: 'app_id', tenants: 'tenant_id' }, hidden: ['hash', 'kid'] },
  apps: { of: { tenants: 'tenant_id' } },
  agent_refresh_tokens: { of: { tenants: 'tenant_id' }, isDerived: true },
  agent_sessions: { of: { tenants: 'tenant_id' } },
  agents: { of: { tenants: 'tenant_id' }, hidden: ['passwordHash', 'inviteHash'] },
  // Encrypted with what only the caller knows.
  idempotency_keys: { of: { tenants: 'tenant_id' }, isDerived: true },
  tenants: { of: {} },
  // The store lets go of these rows only once their tenant is gone.
  audit_log: { of: { tenants: 'tenant_id' } },
}

/** Tables whose rows are nobody's in particular. What drafts hold of an answer is taken out of them by its message. */
export const nobodys = ['store_facts', 'processes', 'drafts']

export interface Table {
  name: string
  place: Place
  rows: Rows<Record<string, unknown>>
  hasTenant: boolean
}

/** Every table with a place, in the order of `places`. Throws, saying what to add, for one that has none. */
export function createTables(entities: EntitySchema[]): Table[] {
  const byName = new Map(entities.map((it) => [it.meta.tableName ?? '', it]))
  for (const name of byName.keys())
    if (!places[name] && !nobodys.includes(name))
      throw new Error(
        `Whose are the rows of "${name}"? Add it to places in server/privacy/places.ts, before the tables it refers to: ` +
          `for example ${name}: { of: { visitors: 'visitor_id' } }, or { of: { apps: 'app_id' } }, with hidden: […] for columns ` +
          'that hold hashes or secrets. If its rows are nobody’s, add it to nobodys there.',
      )
  return Object.entries(places).flatMap(([name, place]) => {
    const entity = byName.get(name)
    if (!entity) throw new Error(`server/privacy/places.ts names "${name}", and there is no such table`)
    return {
      name,
      place,
      rows: rowsOf(entity) as unknown as Table['rows'],
      hasTenant: 'tenantId' in entity.meta.properties,
    }
  })
}

const listed = (column: string, ids: string[]): Condition => ({
  text: `"${column}" in (${ids.map(() => '?').join(', ')})`,
  values: ids,
})

/** Which rows of `table` belong to the rows of `root` with these ids; undefined where none can. */
export function belonging(
  { name, place, hasTenant }: Pick<Table, 'name' | 'place' | 'hasTenant'>,
  root: Owner,
  ids: string[],
): Condition | undefined {
  if (name === root) return listed('id', ids)
  if (root === 'tenants') return hasTenant ? listed('tenant_id', ids) : undefined
  const columns = Object.entries(place.of).flatMap(([owner, named]) => [named].flat().map((it) => [owner, it] as const))
  const parts = columns.flatMap(([owner, column]): Condition[] => {
    if (owner === root) return [listed(column, ids)]
    const inner = belonging({ name: owner, place: places[owner]!, hasTenant: true }, root, ids)
    return inner
      ? [{ text: `"${column}" in (select "id" from "${owner}" where ${inner.text})`, values: inner.values }]
      : []
  })
  if (parts.length === 0) return undefined
  return { text: parts.map((it) => it.text).join(' or '), values: parts.flatMap((it) => it.values) }
}
