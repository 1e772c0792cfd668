/** What stands in every request's way: finding out whose key it is. */
import { entities } from '../server/app.ts'
import { createAudit } from '../server/audit/index.ts'
import { createKeys } from '../server/keys/index.ts'
import { acrossTenants, createEdge, createFacts, createLog, openDb, parseConfig } from '../server/platform/index.ts'
import { createTenancy } from '../server/tenancy/index.ts'
import { createStore, type StoreKind, stores } from '../server/testing/stores.ts'
import { quantile } from './visitor.ts'

const ROUNDS = 20_000

async function measure(kind: StoreKind) {
  const store = await createStore(kind)
  const { database } = parseConfig({ ASIDE_DATA_DIR: store.dataDir, DATABASE_URL: store.url })
  const db = await openDb(database, entities)
  try {
    await db.migrate()
    const edge = createEdge()
    const log = createLog('silent')
    const audit = createAudit({ edge })
    const tenancy = createTenancy({ db, edge, log, audit, facts: createFacts(log) })
    const keys = createKeys({ db, edge, log, audit, tenancy, revoking: async () => {} })
    const everywhere = acrossTenants(db, log, { kind: 'operator' })
    const scope = everywhere.of((await tenancy.createTenant(everywhere, { name: 'Bench' })).id)
    const { secret } = await keys.createKey(scope, { kind: 'secret', env: 'live', name: 'Bench', scopes: ['chat'] })
    const took: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const at = performance.now()
      await keys.findKey(secret)
      took.push((performance.now() - at) * 1_000)
    }
    const typo = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`
    const refused: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const at = performance.now()
      await keys.findKey(typo)
      refused.push((performance.now() - at) * 1_000)
    }
    const us = (values: number[], q: number) => Number(quantile(values, q).toFixed(1))
    return { goodUs: { p50: us(took, 0.5), p99: us(took, 0.99) }, mistypedUs: { p50: us(refused, 0.5) } }
  } finally {
    await db.close()
    await store.drop()
  }
}

export async function keyCheck() {
  const result: Record<string, unknown> = {}
  for (const kind of stores) result[kind] = await measure(kind)
  return result
}
