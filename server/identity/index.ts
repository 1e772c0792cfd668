/** Signed identity: whose word is taken for who a visitor is, and not a word more. */
export { IdentityCounts, IdentitySecrets } from './entities.ts'
export { createIdentities, type Identities, type Proof } from './identity.ts'
export { identityRoutes } from './routes.ts'
export { createSecrets } from './secrets.ts'
