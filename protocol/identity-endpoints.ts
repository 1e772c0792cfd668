/** Signed identity: the visitor's side, and the owner's. */
import * as v from 'valibot'
import { endpoint } from './endpoint.ts'
import {
  Identity,
  IdentityDay,
  IdentityMode,
  IdentitySecret,
  IdentitySecretCreated,
  IdentityToken,
  IdentityVerdict,
  NewIdentitySecret,
} from './identity.ts'
import { id } from './ids.ts'
import { nextCursor, ofTenant, page } from './paging.ts'
import { SessionStarted } from './resources.ts'

const app = v.strictObject({ appId: id('app') })

export const identifySession = endpoint({
  method: 'POST',
  path: '/v1/sessions/identify',
  access: 'visitor',
  summary:
    'The visitor signs in: a new session of whom the token names, and the old one ends. An anonymous one brings its last conversation along, once. Where the session is of the same subject already, it only lives on.',
  body: v.strictObject({ token: IdentityToken }),
  status: 200,
  reply: SessionStarted,
  errors: ['identity_invalid'],
})

export const readIdentity = endpoint({
  method: 'GET',
  path: '/v1/admin/apps/:appId/identity',
  access: 'secret',
  scope: 'apps:read',
  summary: 'What an app asks of its visitors, and the secrets it takes tokens of.',
  params: app,
  query: v.strictObject(ofTenant),
  status: 200,
  reply: Identity,
  versioned: true,
})

export const enforceIdentity = endpoint({
  method: 'PUT',
  path: '/v1/admin/apps/:appId/identity',
  access: 'secret',
  scope: 'apps:write',
  summary: 'Sets what an app asks of its visitors. With `enforce`, those who are anonymous are let go at once.',
  params: app,
  query: v.strictObject(ofTenant),
  body: v.strictObject({ mode: IdentityMode }),
  status: 200,
  reply: Identity,
  versioned: true,
  audit: 'identity.enforced',
})

export const readIdentityReport = endpoint({
  method: 'GET',
  path: '/v1/admin/identity/report',
  access: 'secret',
  scope: 'apps:read',
  summary: 'Who would be refused, by day: counted while the app is in `observe`.',
  query: v.strictObject({
    ...ofTenant,
    appId: id('app'),
    days: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[0-9]{1,2}$/, 'a number from 1 to 90'),
        v.transform(Number),
        v.minValue(1, 'a number from 1 to 90'),
        v.maxValue(90, 'a number from 1 to 90'),
      ),
      '7',
    ),
  }),
  status: 200,
  reply: v.object({ days: v.array(IdentityDay) }),
})

export const verifyIdentity = endpoint({
  method: 'POST',
  path: '/v1/admin/identity/verify',
  access: 'secret',
  scope: 'apps:read',
  summary: 'Says whether a token is good, and if not, which check it failed. It starts nothing.',
  query: v.strictObject(ofTenant),
  body: v.strictObject({ appId: id('app'), token: IdentityToken }),
  status: 200,
  reply: IdentityVerdict,
})

export const createIdentitySecret = endpoint({
  method: 'POST',
  path: '/v1/admin/identity-secrets',
  access: 'secret',
  scope: 'keys:write',
  summary:
    'Creates a secret to sign tokens with. The answer is the only place that shows it. Whoever has it speaks for visitors, so it takes the scope `chat` as well: `scope_missing` without. `conflict` at the third.',
  query: v.strictObject(ofTenant),
  body: NewIdentitySecret,
  status: 201,
  reply: IdentitySecretCreated,
  errors: ['conflict'],
  audit: 'identity.secret_created',
})

export const listIdentitySecrets = endpoint({
  method: 'GET',
  path: '/v1/admin/identity-secrets',
  access: 'secret',
  scope: 'keys:read',
  summary: 'The identity secrets of an app, newest first, revoked ones too, without what they are.',
  query: v.strictObject({ ...ofTenant, appId: id('app'), ...page }),
  status: 200,
  reply: v.object({ identitySecrets: v.array(IdentitySecret), nextCursor }),
})

export const revokeIdentitySecret = endpoint({
  method: 'DELETE',
  path: '/v1/admin/identity-secrets/:secretId',
  access: 'secret',
  scope: 'keys:write',
  summary: 'Revokes a secret at once, with every session that one of its tokens proved. Twice is once.',
  params: v.strictObject({ secretId: id('identitySecret') }),
  query: v.strictObject(ofTenant),
  status: 204,
  audit: 'identity.secret_revoked',
})
