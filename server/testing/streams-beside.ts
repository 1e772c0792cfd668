/** The streams of `openBeside`, over HTTP: for tests that choose the moment in which something is appended to them. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { acrossTenants, createLog } from '../platform/index.ts'
import type { Beside } from './beside.ts'
import type { Visitor } from './people.ts'
import { openRaw, type RawStream } from './raw-stream.ts'

export interface StreamsBeside {
  /** Opens the visitor's stream: from now on, or with all that there is. Resolves when it has said its greeting. */
  follow(visitor: Visitor, from?: 'now' | 'the beginning'): Promise<RawStream>
  close(): void
}

export async function serveStreamsBeside(beside: Beside, tenantId: string): Promise<StreamsBeside> {
  const [row] = (await beside.db.execute(undefined, "select value from store_facts where name = 'epoch'", [])).rows
  const visitors = new Map<string, Visitor>()
  const koa = new Koa()
  koa.use((ctx) => {
    const { session } = visitors.get(ctx.path.slice(1))!.session
    const actor = { kind: 'visitor' as const, ...session, sessionId: session.id }
    return beside.streams.open(acrossTenants(beside.db, createLog('silent'), actor).of(tenantId), ctx, undefined)
  })
  const http = createServer(koa.callback()).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  return {
    async follow(visitor, from = 'now') {
      const { id } = visitor.session.session
      visitors.set(id, visitor)
      const headers: Record<string, string> = from === 'now' ? {} : { 'last-event-id': `${String(row!['value'])}-0` }
      const stream = await openRaw(`http://127.0.0.1:${port}/${id}`, headers)
      while (!stream.text().includes('session-ready')) await new Promise((resolve) => setTimeout(resolve, 2))
      return stream
    },
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}
