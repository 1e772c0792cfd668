import { createClient } from '@aside/protocol'
import * as routes from './routes.ts'

/** Ends a session on the server, as far as it can be reached: who leaves does not wait, and neither does the page. */
export function signOut(token: string | undefined, edge: { baseUrl: string; fetch: typeof fetch | undefined }): void {
  if (token === undefined) return
  const send = edge.fetch ?? ((input, init) => fetch(input, init))
  const client = createClient({
    baseUrl: edge.baseUrl,
    token: () => token,
    // The page often goes elsewhere at the same moment.
    fetch: (input, init) => send(input, { ...init, keepalive: true }),
  })
  client.call(routes.endSession, {}).catch(() => {})
}
