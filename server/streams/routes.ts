import { followEvents } from '@aside/protocol'
import { type Actor, type Route, serve } from '../platform/index.ts'
import type { Streams } from './streams.ts'

/** `greet` is what a visitor is told whose stream has been opened, and has heard all that is new. */
export const streamRoutes = (streams: Streams, greet: (actor: Actor) => Promise<void>): Route[] => [
  serve(followEvents, async ({ scope, ctx, query }) => {
    await streams.open(scope, ctx, query.after)
    await greet(scope.actor)
    return undefined
  }),
]
