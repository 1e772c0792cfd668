/** A shop whose page can be made wrong, and a proxy before Aside that can do what proxies do: both on real sockets. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createGzip } from 'node:zlib'

interface Listening {
  readonly url: string
  stop(): Promise<void>
}

async function listen(answer: RequestListener): Promise<Listening> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

export interface PageReply {
  status?: number
  headers?: Record<string, string | string[]>
  body?: string
}

export interface Shop extends Listening {
  /** What is served from now on, at every address. */
  serve(page: PageReply): void
}

export async function openShop(): Promise<Shop> {
  let page: PageReply = {}
  const site = await listen((_request, response) => {
    response.writeHead(page.status ?? 200, { 'content-type': 'text/html; charset=utf-8', ...page.headers })
    response.end(page.body ?? '')
  })
  return { ...site, serve: (it) => void (page = it) }
}

/** What a proxy does to what passes. */
export interface Fault {
  /** Requests it concerns: a beginning of their path. Default: all. */
  path?: string
  method?: string
  /** Answered by itself. */
  reply?: PageReply
  /** Headers set, and taken away where undefined. */
  headers?: Record<string, string | undefined>
  /** Kept until the whole is there. */
  buffers?: boolean
  /** Passed through something: a packer. */
  through?: () => Duplex
}

export interface Between extends Listening {
  fault: Fault | undefined
}

export async function standBetween(target: () => string): Promise<Between> {
  const proxy = await listen((incoming, response) => {
    const { fault } = between
    const path = incoming.url ?? ''
    const isMine = path.startsWith(fault?.path ?? '/') && (fault?.method ?? incoming.method) === incoming.method
    const active = isMine ? fault : undefined
    if (active?.reply) {
      incoming.resume()
      response.writeHead(active.reply.status ?? 200, active.reply.headers)
      return response.end(active.reply.body ?? '')
    }
    const { method, headers } = incoming
    const out = request(target() + path, { method, headers, agent: false }, (reply) => {
      const passed: IncomingHttpHeaders = { ...reply.headers, ...active?.headers }
      for (const [name, value] of Object.entries(passed)) if (value === undefined) delete passed[name]
      if (active?.buffers) {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => response.writeHead(reply.statusCode ?? 502, passed).end(Buffer.concat(chunks)))
        return reply.on('error', () => response.destroy())
      }
      response.writeHead(reply.statusCode ?? 502, passed)
      response.flushHeaders()
      reply.on('error', () => response.destroy())
      return active?.through ? reply.pipe(active.through()).pipe(response) : reply.pipe(response)
    })
    out.on('error', () => response.destroy())
    response.on('close', () => out.destroy())
    return incoming.pipe(out)
  })
  const between: Between = { ...proxy, fault: undefined }
  return between
}

/** As they come preset: good at packing, and never in a hurry. */
export const packer = (): Duplex => createGzip()
