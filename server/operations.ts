/** What those who run the server ask it: is it alive, may traffic come, is everything as it should be. */
import { type Check, Fault, readHealth, readReadiness, runChecks } from '@aside/protocol'
import type { Cdn, Widgets } from './files/index.ts'
import { type Db, type Route, serve } from './platform/index.ts'

interface Parts {
  db: Db
  cdn: Cdn
  widgets: Widgets
  isReady: () => boolean
  /** What is asked beside the store and the widget. */
  checks: () => Promise<Check[]>
}

function checkWidget(cdn: Cdn): Check {
  const versions = [...new Set(cdn.channels().values())]
  const name = 'widget'
  if (versions.length > 0)
    return { name, ok: true, detail: `${versions.length > 1 ? 'versions' : 'version'} ${versions.join(', ')} served` }
  const fix = 'npm run build, then start the server again: it looks for the widget when it starts'
  return { name, ok: false, detail: `not built: there is none in ${cdn.folder}`, fix }
}

export const operationRoutes = ({ db, cdn, widgets, isReady, checks }: Parts): Route[] => [
  serve(readHealth, async () => ({ status: 'ok' as const })),
  serve(readReadiness, async ({ scope }) => {
    if (!isReady()) throw new Fault('shutting_down', 'Not taking requests', { retryAfterMs: 2_000 })
    await scope.em.execute('select 1')
    return { status: 'ready' as const }
  }),
  serve(runChecks, async ({ scope }) => {
    await scope.em.execute('select 1')
    return {
      checks: [
        { name: 'store', ok: true, detail: `${db.kind} answers` },
        checkWidget(cdn),
        ...(await widgets.gone()).map(({ appId, name, wanted, served }) => ({
          name: 'widget version',
          ok: false,
          detail: `${name} (${appId}) is to get ${wanted} of the widget, which is not in ${cdn.folder}: it gets v${served}`,
          fix: `put it back, or choose another: aside app widget ${appId} --version latest`,
        })),
        ...(await checks()),
      ],
    }
  }),
]
