/** What an app asks of a visitor before the first message of a conversation. */
import type { PreChatField } from '@aside/protocol'
import type { Scope } from '../platform/index.ts'
import type { Tenancy } from '../tenancy/index.ts'

/** Nothing of whoever speaks through a backend: there is no form where they are. */
export async function askedFirst(
  { actor }: Scope,
  tenancy: Pick<Tenancy, 'findApp'>,
): Promise<readonly PreChatField[]> {
  if (actor.kind !== 'visitor' || actor.isBackend) return []
  const app = await tenancy.findApp(actor.appId)
  return app?.configOf(actor.visitorId).config.preChat ?? []
}
