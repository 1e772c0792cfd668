/** A browser hides why another origin refuses a page: it looks like a network that is broken. This tells the two apart. */
import { Fault, isFault } from '@aside/protocol'
import { complain } from './identity.ts'

const isNetwork = (error: unknown): boolean => isFault(error) && error.code === 'network'

/** Outside of a page, and on the server's own, nothing is hidden. */
function pageOrigin(baseUrl: string): string | undefined {
  const origin = globalThis.location?.origin
  return !origin || origin === 'null' || !URL.canParse(baseUrl) || new URL(baseUrl).origin === origin
    ? undefined
    : origin
}

/**
 * Rejects with `origin_not_allowed` where the server can be reached, and yet its answer must not be read. It is asked twice, for
 * it may have come back just now.
 */
export async function unlessRefused<T>(
  { baseUrl, appId, fetch: send = fetch }: { baseUrl: string; appId: string; fetch?: typeof fetch | undefined },
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const origin = pageOrigin(baseUrl)
    if (!isNetwork(error) || origin === undefined) throw error
    const isThere = await send(`${baseUrl}/healthz`, { mode: 'no-cors', cache: 'no-store', credentials: 'omit' }).then(
      () => true,
      () => false,
    )
    if (!isThere) throw error
    try {
      return await action()
    } catch (again) {
      if (!isNetwork(again)) throw again
      complain(
        `Aside: ${baseUrl} does not let ${origin} use ${appId}. If it should: aside origin add ${appId} ${origin}`,
      )
      throw new Fault('origin_not_allowed', 'This page may not use the chat', { cause: again })
    }
  }
}
