/** What those who run the server ask it: is it alive, may traffic come, is everything as it should be. */
import { type Check, Fault, readHealth, readReadiness, runChecks } from '@aside/protocol'
import type { Cdn } from './files/index.ts'
import { type Db, type Route, serve } from './platform/index.ts'

interface Parts {
  db: Db
  cdn: Cdn
  isReady: () => boolean
  /** What is asked beside the store and the widget. */
  checks: () => Promise<Check[]>
}

export const operationRoutes = ({ db, cdn, isReady, checks }: Parts): Route[] => [
  serve(readHealth, async () => ({ status: 'ok' as const })),
  serve(readReadiness, async ({ scope }) => {
    if (!isReady()) throw new Fault('shutting_down', 'Not taking requests', { retryAfterMs: 2_000 })
    await scope.em.execute('select 1')
    return { status: 'ready' as const }
  }),
  serve(runChecks, async ({ scope }) => {
    await scope.em.execute('select 1')
    const widget = cdn.integrity !== undefined
    return {
      checks: [
        { name: 'store', ok: true, detail: `${db.kind} answers` },
        {
          name: 'widget',
          ok: widget,
          detail: widget ? `version ${cdn.version} is served` : 'not built',
          ...(widget
            ? {}
            : { fix: 'npm run build, then start the server again: it looks for the widget when it starts' }),
        },
        ...(await checks()),
      ],
    }
  }),
]
