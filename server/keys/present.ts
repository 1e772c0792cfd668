import type { Key, WorkingKey } from '@aside/protocol'
import type { KeyRow } from './entities.ts'

const at = <K extends string>(name: K, date: Date | null | undefined) =>
  (date ? { [name]: date.toISOString() } : {}) as { [N in K]?: string }

export const presentKey = (row: KeyRow): Key => ({
  id: row.id,
  kind: row.kind,
  env: row.env,
  name: row.name,
  scopes: row.scopes,
  hint: row.hint,
  ...(row.appId ? { appId: row.appId } : {}),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  ...(row.rotatedTo ? { rotatedTo: row.rotatedTo } : {}),
  ...at('expiresAt', row.expiresAt),
  ...at('revokedAt', row.revokedAt),
  ...at('lastUsedAt', row.lastUsedAt),
})

/** With the part by which it is recognised where somebody keeps it: the same that scanners of repositories find. */
export const presentWorking = ({ id, name, kind, env, kid, hint }: KeyRow): WorkingKey => ({
  id,
  name,
  prefix: `as_${kind === 'secret' ? 'sk' : 'pk'}_${env}_${kid}`,
  hint,
})
