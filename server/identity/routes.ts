import {
  createIdentitySecret,
  enforceIdentity,
  listIdentitySecrets,
  readIdentity,
  readIdentityReport,
  revokeIdentitySecret,
  verifyIdentity,
} from '@aside/protocol'
import { type Route, serve } from '../platform/index.ts'
import type { Identities } from './identity.ts'

export const identityRoutes = (identities: Identities): Route[] => [
  serve(readIdentity, async ({ scope, params, version }) => {
    const found = await identities.read(scope, params.appId)
    version(found.version)
    return found.identity
  }),
  serve(enforceIdentity, async ({ scope, params, body, expected, version }) => {
    const found = await identities.enforce(scope, params.appId, body.mode, expected)
    version(found.version)
    return found.identity
  }),
  serve(readIdentityReport, async ({ scope, query }) => ({
    days: await identities.report(scope, query.appId, query.days),
  })),
  serve(verifyIdentity, ({ scope, body }) => identities.check(scope, body.appId, body.token)),
  serve(createIdentitySecret, ({ scope, body }) => identities.secrets.create(scope, body)),
  serve(listIdentitySecrets, async ({ scope, query }) => {
    const { items, ...rest } = await identities.secrets.list(scope, query.appId, query)
    return { identitySecrets: items, ...rest }
  }),
  serve(revokeIdentitySecret, async ({ scope, params }) => {
    await identities.secrets.revoke(scope, params.secretId)
    return undefined
  }),
]
