import {
  applyRetention,
  backupStore,
  createHold,
  eraseMyData,
  eraseTenant,
  eraseVisitor,
  exportMyData,
  exportTenant,
  exportVisitor,
  Fault,
  findVisitors,
  listHolds,
  releaseHold,
  removeApp,
} from '@aside/protocol'
import { type Route, type Scope, serve } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'
import type { Privacy } from './privacy.ts'

/** Whoever has a session is its visitor, and may have all of it. */
function ownId({ actor }: Scope): string {
  if (actor.kind !== 'visitor') throw new Fault('unauthenticated', 'A session token is needed')
  return actor.visitorId
}

export const privacyRoutes = (
  { exports, erasure, holds, retention, backups }: Privacy,
  tenancy: Pick<Tenancy, 'readTenant'>,
): Route[] => [
  serve(findVisitors, async ({ scope, query }) => ({
    visitors: await exports.find(scope, query.appId, query.subject),
  })),
  serve(exportVisitor, ({ scope, params }) => exports.visitor(scope, params.visitorId)),
  serve(exportTenant, ({ scope, params }) => exports.tenant(scope, params.tenantId)),
  serve(eraseVisitor, ({ scope, params }) => erasure.eraseVisitor(scope, params.visitorId)),
  serve(exportMyData, ({ scope }) => exports.visitor(scope, ownId(scope))),
  serve(eraseMyData, async ({ scope }) => {
    await erasure.eraseVisitor(scope, ownId(scope))
    return undefined
  }),
  serve(removeApp, ({ scope, params }) => erasure.removeApp(scope, params.appId)),
  serve(eraseTenant, ({ scope, params }) => erasure.eraseTenant(scope, params.tenantId)),
  serve(applyRetention, async ({ scope, body }) => {
    // The operator may name any: one that does not exist is not one of which nothing had to be erased.
    await tenancy.readTenant(scope, scope.tenantId)
    return { apps: await retention.apply(scope, body) }
  }),
  serve(createHold, ({ scope, body }) => holds.create(scope, body)),
  serve(listHolds, async ({ scope, query }) => {
    const { items, ...rest } = await holds.list(scope, query)
    return { holds: items, ...rest }
  }),
  serve(releaseHold, async ({ scope, params }) => {
    await holds.release(scope, params.holdId)
    return undefined
  }),
  serve(backupStore, ({ scope }) => backups.make(scope)),
]
