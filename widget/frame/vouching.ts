/** Who the visitor is, as the page says it: in its tag to begin with, over the port from then on. */
import type { FrameInit } from '@aside/protocol/frame'
import { claimsOf, complain, type GetToken } from '../core/identity.ts'

export interface PageVouching {
  /** The page's answer; where it has none, what its tag says. */
  getToken: GetToken
  /** The page's answer alone, from when it has spoken for itself. */
  anew: GetToken
  /** The page has answered. */
  heard(token: string | null | undefined): void
}

/** The tag's token, unless what the tag says of it is not true. */
function tokenOf({ identity, sig, user, project }: FrameInit): string | undefined {
  const token = identity || sig
  const claims = token && claimsOf(token)
  if (!claims || ((!user || user === claims.sub) && (!project || project === claims.aud))) return token
  complain('Aside: data-user and data-project are not the `sub` and `aud` of the identity, so it is not used')
  return undefined
}

export function vouchedByPage(init: FrameInit, ask: () => void): PageVouching {
  const waiting: ((token: string | undefined) => void)[] = []
  const said = tokenOf(init)
  const anew = () =>
    new Promise<string | undefined>((resolve) => {
      waiting.push(resolve)
      ask()
    })
  return {
    anew,
    getToken: async () => (await anew()) ?? said,
    heard: (token) => waiting.splice(0).forEach((resolve) => resolve(token ?? undefined)),
  }
}
