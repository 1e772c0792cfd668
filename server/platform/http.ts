/** The one gate: parses what comes in, asks who it is, runs the handler, and turns every refusal into the same body. */
import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Context, Middleware } from 'koa'
import * as v from 'valibot'
import {
  type Endpoint,
  type ErrorBody,
  Fault,
  type Issue,
  isFault,
  type Parsed,
  type Reply,
  type Schema,
} from '@aside/protocol'
import { mediaType, readBytes, readJson } from './body.ts'
import { storeFault } from './db.ts'
import type { Log } from './log.ts'
import { once } from './once.ts'
import type { Scope } from './scope.ts'

export interface Call<E extends Endpoint> extends Parsed<E> {
  scope: Scope
  ctx: Context
  /** The thing existed already: 200 instead of 201, and `Idempotent-Replayed: true`. */
  replayed(): void
  /** The version `If-Match` asks for; undefined where it asks for none, 0 for one that never was. */
  expected: number | undefined
  /** Says which version the reply shows, as its `ETag`. */
  version(version: number): void
}

export interface Route {
  endpoint: Endpoint
  run(ctx: Context, gate: Gate): Promise<void>
}

export interface Gate {
  /** Who calls, by the endpoint's declared access. `parsed` is what the gate has read so far. Throws the refusal. */
  authenticate(
    ctx: Context,
    endpoint: Endpoint,
    parsed: { params: unknown; query: unknown; body: unknown },
  ): Promise<Scope>
  now(): number
  /** Also check that replies are what the contract says. On in development and tests. */
  strict: boolean
}

/** A file as a reply. Nothing is read of it that the caller does not take; when it was sent, or broke off, it is destroyed. */
export interface Download {
  /** What it is called where it is saved. */
  name: string
  content: Readable
  sizeBytes?: number
  /** Beside, or in place of, those every file has. */
  headers?: Record<string, string>
}

type Answer<E extends Endpoint> = E extends { download: object } ? Download : Reply<E>

/** An endpoint and what answers it. A handler of a stream writes the response itself. */
export function serve<const E extends Endpoint>(endpoint: E, handle: (call: Call<E>) => Promise<Answer<E>>): Route {
  return {
    endpoint,
    async run(ctx, gate) {
      const params = parse('params', endpoint.params, ctx['params'])
      const query = parse('query', endpoint.query, singles(ctx))
      // The body of a stranger is not read: who may not call is told so first, unless the body says which app it is for.
      const early = endpoint.access === 'page' && endpoint.body
      const body = early ? await readBody(ctx, endpoint) : undefined
      const scope = await gate.authenticate(ctx, endpoint, { params, query, body })
      const call = {
        params,
        query,
        body: early ? body : await readBody(ctx, endpoint),
        content: await readContent(ctx, endpoint),
        scope,
        ctx,
        replayed() {
          ctx.status = 200
          ctx.set('Idempotent-Replayed', 'true')
        },
        expected: endpoint.versioned ? expectedVersion(ctx) : undefined,
        version: (version: number) => ctx.set('ETag', `"${version}"`),
      }
      // A HEAD has no use for what does not end.
      if ((endpoint.stream || endpoint.download) && ctx.method === 'HEAD') {
        ctx.status = endpoint.status
        ctx.type = endpoint.download?.type ?? 'text/event-stream'
        return
      }
      if (!endpoint.stream) ctx.status = endpoint.status
      const answer = (within: Scope) => handle({ ...call, scope: within } as unknown as Call<E>)
      const key = isCreation(endpoint) ? ctx.get('Idempotency-Key') : ''
      let reply: Answer<E>
      if (key === '') reply = await answer(scope)
      else {
        const request = JSON.stringify([whoAsks(scope), endpoint.method, ctx.path, query ?? null, call.body ?? null])
        const done = await once(scope, { key, request, now: gate.now() }, answer)
        reply = done.reply
        if (done.isReplayed) call.replayed()
      }
      if (endpoint.stream) return
      if (endpoint.download) return send(ctx, endpoint.download.type, reply as unknown as Download)
      if (gate.strict) mustKeepContract(endpoint, reply)
      if (endpoint.status === 204) ctx.body = null
      else if (ctx.status !== 304) ctx.body = reply
    },
  }
}

function send(ctx: Context, type: string, { name, content, sizeBytes, headers = {} }: Download): void {
  ctx.attachment(name)
  ctx.type = type
  ctx.set({ 'Cache-Control': 'no-store', ...headers })
  if (sizeBytes !== undefined) ctx.length = sizeBytes
  ctx.body = content
}

/** A reply may hold what only this caller may know: somebody else who has the idempotency key does not get it. */
const whoAsks = ({ actor }: Scope): string =>
  actor.kind === 'key' ? actor.keyId : actor.kind === 'agent' ? actor.agentId : actor.kind

/** What an owner creates with a JSON body: done once however often it is asked for with the same `Idempotency-Key`. */
const isCreation = ({ method, status, access, body }: Endpoint): boolean =>
  method === 'POST' && status === 201 && body !== undefined && (access === 'secret' || access === 'operator')

/** RFC 9110, 13.1.1, for versions that are numbers. What is no number of ours was never a version. */
function expectedVersion(ctx: Context): number | undefined {
  const given = ctx.get('If-Match').trim()
  if (given === '' || given === '*') return undefined
  return Number(/^(?:W\/)?"([0-9]{1,9})"$/.exec(given)?.[1] ?? 0)
}

/** Throws `precondition_failed` where somebody else was faster. */
export function mustBe(expected: number | undefined, actual: number): void {
  if (expected !== undefined && expected !== actual)
    throw new Fault('precondition_failed', 'It was changed meanwhile: read it again, and decide anew')
}

function singles(ctx: Context): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (Object.hasOwn(result, name)) throw invalid([{ path: `query.${name}`, message: 'given twice' }])
    Object.defineProperty(result, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return result
}

const invalid = (issues: Issue[]) =>
  new Fault('invalid_input', issues.map((issue) => `${issue.path}: ${issue.message}`).join('; '), { issues })

function parse(where: string, schema: Schema | undefined, value: unknown): unknown {
  if (!schema) {
    const extra = where === 'query' ? Object.keys(value as object)[0] : undefined
    if (extra !== undefined) throw invalid([{ path: `query.${extra}`, message: 'not known here' }])
    return undefined
  }
  const result = v.safeParse(schema, value)
  if (result.success) {
    mustBeStorable(where, result.output)
    return result.output
  }
  throw invalid(
    result.issues.slice(0, 20).map((issue) => {
      const path = v.getDotPath(issue)
      const expected =
        issue.kind === 'validation'
          ? issue.message
          : issue.expected === 'never'
            ? 'not known here'
            : `expected ${issue.expected}, not ${issue.received}`
      return { path: path ? `${where}.${path}` : where, message: expected.slice(0, 300) }
    }),
  )
}

async function readBody(ctx: Context, endpoint: Endpoint): Promise<unknown> {
  if (!endpoint.body) return undefined
  const given = await readJson(ctx.req)
  // To valibot an array is an object as well.
  if (Array.isArray(given)) throw invalid([{ path: 'body', message: 'expected Object, not Array' }])
  return parse('body', endpoint.body, given)
}

/** Both are valid JSON and nothing that Postgres takes as text. */
function mustBeStorable(path: string, value: unknown): void {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    throw invalid([{ path, message: 'has a NUL character or half a surrogate pair in it' }])
  if (typeof value === 'object' && value !== null)
    for (const [key, it] of Object.entries(value)) {
      mustBeStorable(path, key)
      mustBeStorable(`${path}.${key}`, it)
    }
}

async function readContent(
  ctx: Context,
  endpoint: Endpoint,
): Promise<Parsed<Endpoint>['content'] | { bytes: Uint8Array; type: string }> {
  if (!endpoint.content) return undefined
  const type = mediaType(ctx.req)
  if (!endpoint.content.types.includes(type))
    throw new Fault('unsupported_media_type', `Send one of ${endpoint.content.types.join(', ')}`)
  const bytes = await readBytes(ctx.req, endpoint.content.maxBytes)
  if (bytes.length === 0)
    throw new Fault('body_missing', 'The document is empty', { issues: [{ path: 'body', message: 'empty' }] })
  return { bytes, type }
}

function mustKeepContract(endpoint: Endpoint, reply: unknown): void {
  if (!endpoint.reply) return
  const sent = JSON.parse(JSON.stringify(reply))
  const kept = JSON.stringify(sorted(v.parse(endpoint.reply, sent)))
  if (kept !== JSON.stringify(sorted(sent)))
    throw new Error(`${endpoint.method} ${endpoint.path} says more than its contract`)
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .sort()
            .map(([key, it]) => [key, sorted(it)]),
        )
      : value

/** What a browser may do with a reply that says nothing else, a refusal among them: show it, alone and to nobody's frame. */
const closed = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/** Gives every request an id, and every failure the one body. */
export function funnel(log: Log): Middleware {
  return async (ctx, next) => {
    const requestId = `req_${randomBytes(9).toString('base64url')}`
    ctx.state['requestId'] = requestId
    ctx.set('X-Request-Id', requestId)
    ctx.set(closed)
    try {
      await next()
    } catch (thrown) {
      const { status, body, retryAfterMs } = refuse(
        thrown,
        requestId,
        log,
        `${ctx.method} ${String(ctx['_matchedRoute'] ?? '')}`,
      )
      if (ctx.res.headersSent) {
        ctx.res.destroy()
        return
      }
      if (retryAfterMs !== undefined) ctx.set('Retry-After', String(Math.ceil(retryAfterMs / 1_000)))
      // A body we did not read to its end: the connection cannot be used again.
      if (!ctx.req.complete) ctx.set('Connection', 'close')
      ctx.status = status
      ctx.body = body
    }
  }
}

/** Refusals pass through; the store's trouble is named; all the rest is `internal`, with a fixed sentence. */
export function refuse(thrown: unknown, requestId: string, log: Log, where: string) {
  const known = storeFault(thrown instanceof URIError ? new Fault('bad_request', 'The address is malformed') : thrown)
  const fault = isFault(known) ? known : new Fault('internal', 'Something went wrong on our side')
  if (fault.code === 'internal' || fault.code.startsWith('store_')) {
    const cause = fault.code === 'internal' && isFault(known) ? known.cause : thrown
    log.error('request-failed', {
      requestId,
      where,
      code: fault.code,
      stack: cause instanceof Error ? cause.stack : String(cause),
    })
  }
  const body: ErrorBody = {
    error: {
      code: fault.code,
      message: fault.message,
      ...(fault.issues ? { issues: fault.issues } : {}),
      ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(fault.retryAfterMs) }),
      requestId,
    },
  }
  return { status: fault.status, body, retryAfterMs: fault.retryAfterMs }
}
