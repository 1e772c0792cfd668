/**
 * A scripted OpenAI-compatible server over real HTTP, for tests and load: the model's name chooses what happens.
 * By itself: `node server/testing/model-server.ts --port 0` prints its URL.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { CompletionRequest, createGate, Gone, Reply, type Gate, type HeldGate } from './model-reply.ts'
import { listedModels, scenarioOf } from './model-scenarios.ts'
import { createTokenWheel } from './token-wheel.ts'

export interface RecordedRequest {
  model: string
  body: CompletionRequest
  /** As received, without `authorization`. */
  headers: IncomingMessage['headers']
  /** Of the connection at the client; the same twice is the same connection. */
  port: number | undefined
  /** `performance.now()` of this process. */
  receivedAt: number
  closedAt: number | undefined
  outcome: 'running' | 'ended' | 'aborted'
}

export interface ModelServer {
  /** The base URL a client is configured with; ends in `/v1`. */
  readonly url: string
  /** The newest requests, oldest first, at most 1 000 of them. */
  readonly requests: RecordedRequest[]
  /** Requests had so far, of one model or of all. */
  calls(model?: string): number
  /** Requests whose client went before the answer had ended. */
  aborts(model?: string): number
  /** Holds the next request of this model: before its headers, or once `after` pieces of text are out. */
  gate(model: string, after?: number): Gate
  /** Cuts every connection. */
  stop(): Promise<void>
}

export interface ModelServerOptions {
  port?: number
  /** The one key it accepts; any key when absent. */
  apiKey?: string
  /** PEM; it then speaks HTTPS. */
  tls?: { key: string; cert: string }
}

const recordedMost = 1_000

export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = []
  const calls = new Map<string, number>()
  const aborts = new Map<string, number>()
  const gates = new Map<string, HeldGate>()
  const wheel = createTokenWheel()

  function authorized(request: IncomingMessage): boolean {
    const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    return options.apiKey === undefined ? key !== undefined : key === options.apiKey
  }

  function record(model: string, body: CompletionRequest, request: IncomingMessage): RecordedRequest {
    const { authorization: _secret, ...shown } = request.headers
    const entry: RecordedRequest = {
      model,
      body,
      headers: shown,
      port: request.socket.remotePort,
      receivedAt: performance.now(),
      closedAt: undefined,
      outcome: 'running',
    }
    requests.push(entry)
    if (requests.length > recordedMost) requests.shift()
    return entry
  }

  async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = v.safeParse(CompletionRequest, parse(await buffer(request)))
    if (!parsed.success) return refuse(response, 400, 'invalid_request_error', parsed.issues[0].message)
    const body = parsed.output
    const callNumber = count(calls, body.model)
    const entry = record(body.model, body, request)
    const gone = new AbortController()
    response.once('close', () => {
      entry.closedAt = performance.now()
      entry.outcome = response.writableEnded ? 'ended' : 'aborted'
      if (!response.writableEnded) count(aborts, body.model)
      gone.abort()
    })
    const scenario = scenarioOf(body.model)
    if (!scenario) return refuse(response, 404, 'model_not_found', `The model ${body.model} does not exist`)
    const gate = gates.get(body.model)
    gates.delete(body.model)
    await scenario(new Reply({ request: body, callNumber, wheel, response, gone: gone.signal, gate }))
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = `${request.method} ${request.url?.replace(/\?.*$/, '')}`
    if (!authorized(request)) return refuse(response, 401, 'invalid_api_key', 'Incorrect API key provided: sk-s***ted.')
    if (asked === 'POST /v1/chat/completions') return complete(request, response)
    if (asked !== 'GET /v1/models') return refuse(response, 404, 'not_found', `No such endpoint: ${asked}`)
    const models = listedModels.map((id) => ({ id, object: 'model', created: 0, owned_by: 'scripted' }))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ object: 'list', data: models }))
  }

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    route(request, response).catch((error: unknown) => {
      if (error instanceof Gone || response.destroyed) return
      if (!response.headersSent) refuse(response, 500, 'server_error', String(error))
      else response.destroy()
    })
  }
  const server = options.tls
    ? createTlsServer({ ...options.tls, keepAliveTimeout: 60_000 }, listen)
    : createServer({ keepAliveTimeout: 60_000 }, listen)
  server.listen(options.port ?? 0, '127.0.0.1', 4_096)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The scripted model has no port')

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${address.port}/v1`,
    requests,
    calls: (model) => total(calls, model),
    aborts: (model) => total(aborts, model),
    gate(model, after = 0) {
      const gate = createGate(after)
      gates.set(model, gate)
      return gate
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: code, param: null, code } }))
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function count(counter: Map<string, number>, model: string): number {
  const value = (counter.get(model) ?? 0) + 1
  counter.set(model, value)
  return value
}

function total(counter: Map<string, number>, model?: string): number {
  return model === undefined ? counter.values().reduce((sum, value) => sum + value, 0) : (counter.get(model) ?? 0)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, key: { type: 'string' } } })
  const models = await startModelServer({ port: Number(values.port), ...(values.key && { apiKey: values.key }) })
  process.stdout.write(`${models.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void models.stop())
}
