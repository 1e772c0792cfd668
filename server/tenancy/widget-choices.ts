import { Fault, type WidgetChoice } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { acrossTenants, type Db, type Log, rowsOf, type Scope } from '../platform/index.ts'
import { lockApp } from './configs.ts'
import { Apps } from './entities.ts'

const appRows = rowsOf(Apps)

export interface VersionedChoice {
  choice: WidgetChoice
  /** The app's own: it is raised with the choice. */
  version: number
}

/** Which version of the widget an app's visitors get. It is the app's, not its configuration's: each goes back without the other. */
export interface WidgetChoices {
  /** Throws `not_found`. */
  read(scope: Scope, appId: string): Promise<VersionedChoice>
  /** Throws `not_found`, and `precondition_failed` where the app is not at the `expected` version. Which versions there are it does not know. */
  set(scope: Scope, appId: string, choice: WidgetChoice, expected?: number): Promise<VersionedChoice>
  /** Of every tenant, for the operator: the apps for which something was chosen, a thousand at the most. */
  all(): Promise<{ appId: string; name: string; choice: WidgetChoice }[]>
}

interface Parts {
  db: Db
  log: Log
  audit: Audit
  /** Called when others can see that it is another one. */
  changed: (appId: string) => void
}

export const newest: WidgetChoice = { version: 'latest' }

const inWords = ({ version, next }: WidgetChoice) =>
  next ? `${version}, ${next.version} for ${next.percent} %` : version

export const createWidgetChoices = ({ db, log, audit, changed }: Parts): WidgetChoices => ({
  async read(scope, appId) {
    const app = await appRows.one(scope, { id: appId })
    if (!app) throw new Fault('not_found', 'No such app')
    return { choice: app.widget ?? newest, version: app.version }
  },

  set: (scope, appId, choice, expected) =>
    scope.transaction(async (tx) => {
      const app = await lockApp(tx, appId, expected)
      const version = app.version + 1
      await appRows.update(tx, { id: appId }, { widget: choice, version })
      const detail = { widget: inWords(choice), before: inWords(app.widget ?? newest) }
      await audit.record(tx, { action: 'app.widget_chosen', target: appId, detail })
      tx.afterCommit(() => changed(appId))
      return { choice, version }
    }),

  async all() {
    const chosen = { text: '"widget" is not null', values: [] }
    const rows = await appRows.fitting(acrossTenants(db, log), chosen, { limit: 1_000 })
    return rows.map(({ id, name, widget }) => ({ appId: id, name, choice: widget ?? newest }))
  },
})
