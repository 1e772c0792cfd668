import { createKey, listKeys, revokeKey, rotateKey } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Keys } from './keys.ts'

export const keyRoutes = (keys: Keys): Route[] => [
  serve(createKey, ({ scope, body }) => keys.createKey(scope, body)),
  serve(listKeys, async ({ scope, query }) => {
    const { items, ...rest } = await keys.listKeys(scope, query)
    return { keys: items, ...rest }
  }),
  serve(rotateKey, ({ scope, params, body }) => keys.rotateKey(scope, params.keyId, body)),
  serve(revokeKey, async ({ scope, params }) => {
    await keys.revokeKey(scope, params.keyId)
    return undefined
  }),
]
