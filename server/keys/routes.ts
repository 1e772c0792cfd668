import { createKey, listKeys, revokeKey } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Keys } from './keys.ts'

export const keyRoutes = (keys: Keys): Route[] => [
  serve(createKey, ({ scope, body }) => keys.createKey(scope, body)),
  serve(listKeys, async ({ scope }) => ({ keys: await keys.listKeys(scope) })),
  serve(revokeKey, async ({ scope, params }) => {
    await keys.revokeKey(scope, params.keyId)
    return undefined
  }),
]
