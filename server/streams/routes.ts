import { followEvents } from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Streams } from './streams.ts'

export const streamRoutes = (streams: Streams): Route[] => [
  serve(followEvents, async ({ scope, ctx, query }) => {
    await streams.open(scope, ctx, query.after)
    return undefined
  }),
]
