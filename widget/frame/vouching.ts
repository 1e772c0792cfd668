/** Who the visitor is, as the page says it before the widget begins: in its tag, or by what it has called since. */
import type { FrameInit } from '@aside/protocol/frame'
import { claimsOf, complain } from '../core/identity.ts'
import type { Vouching } from '../sdk.ts'

/** The tag's token, unless what the tag says of it is not true. */
function tokenOf({ identity, sig, user, project }: FrameInit): string | undefined {
  const token = identity || sig
  const claims = token && claimsOf(token)
  if (!claims || ((!user || user === claims.sub) && (!project || project === claims.aud))) return token
  complain('Aside: data-user and data-project are not the `sub` and `aud` of the identity, so it is not used')
  return undefined
}

/** `called`: what `identify` was called with last, if it was. A callback that has nothing to say leaves the tag's word. */
export function vouchedByPage(init: FrameInit, called: Vouching | undefined): Vouching {
  const said = tokenOf(init)
  const getToken = called?.getToken
  if (!called || !getToken) return { token: called?.token ?? said }
  return { token: called.token, getToken: async () => (await getToken()) ?? said }
}
