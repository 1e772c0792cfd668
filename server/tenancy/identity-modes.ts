import { Fault, type IdentityMode } from '@aside/protocol'
import type { Audit } from '../audit/index.ts'
import { rowsOf, type Scope } from '../platform/index.ts'
import { lockApp } from './configs.ts'
import { Apps } from './entities.ts'

const appRows = rowsOf(Apps)

export interface VersionedMode {
  mode: IdentityMode
  /** The app's own: it is raised with the mode. */
  version: number
}

/** What an app asks of its visitors. It is the app's, not its configuration's: no roll-back may open a door. */
export interface IdentityModes {
  /** Throws `not_found`. */
  read(scope: Scope, appId: string): Promise<VersionedMode>
  /** Throws `not_found`, and `precondition_failed` where the app is not at the `expected` version. */
  set(scope: Scope, appId: string, mode: IdentityMode, expected?: number): Promise<VersionedMode>
}

interface Parts {
  audit: Audit
  /** Called when others can see that it is another one. */
  changed: (appId: string) => void
}

export const createIdentityModes = ({ audit, changed }: Parts): IdentityModes => ({
  async read(scope, appId) {
    const app = await appRows.one(scope, { id: appId })
    if (!app) throw new Fault('not_found', 'No such app')
    return { mode: app.identityMode, version: app.version }
  },

  set: (scope, appId, mode, expected) =>
    scope.transaction(async (tx) => {
      const app = await lockApp(tx, appId, expected)
      const version = app.version + 1
      await appRows.update(tx, { id: appId }, { identityMode: mode, version })
      await audit.record(tx, { action: 'identity.enforced', target: appId, detail: { mode, before: app.identityMode } })
      tx.afterCommit(() => changed(appId))
      return { mode, version }
    }),
})
