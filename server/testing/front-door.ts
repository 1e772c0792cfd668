/** A proxy before the server that has answers of its own: what load balancers do while a server is away. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OwnReply {
  status: number
  headers?: Record<string, string>
  body?: string
}

export interface FrontDoor {
  readonly url: string
  /** When each request for an event stream came, by `performance.now()`, and with which headers. */
  readonly asked: { at: number; headers: IncomingMessage['headers'] }[]
  /** The next requests for an event stream get these, one each; those after them reach the server. */
  answer(...replies: OwnReply[]): void
  stop(): Promise<void>
}

export async function startFrontDoor(target: () => string): Promise<FrontDoor> {
  const asked: FrontDoor['asked'] = []
  let own: OwnReply[] = []

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const out = request(target() + incoming.url, { method: incoming.method, headers: incoming.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
      reply.on('error', () => response.destroy())
    })
    out.on('error', () => response.destroy())
    response.on('close', () => out.destroy())
    incoming.pipe(out)
  }

  const server = createServer((incoming, response) => {
    if (!incoming.url?.startsWith('/v1/events')) return forward(incoming, response)
    asked.push({ at: performance.now(), headers: incoming.headers })
    const reply = own.shift()
    if (!reply) return forward(incoming, response)
    response.writeHead(reply.status, reply.headers)
    response.end(reply.body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer(...replies) {
      own = replies
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
