/** An endpoint as data: where it is, who may call it, what goes in, what comes out. */
import type * as v from 'valibot'
import type { Scope } from './admin-resources.ts'
import type { AuditAction } from './audit.ts'
import type { ErrorCode } from './errors.ts'
import type { RateClass } from './rates.ts'

export type Schema = v.GenericSchema

/**
 * Who may call.
 * `public`: anyone. `page`: a page whose origin the app allows, or a backend with a secret key. `visitor`: a session token.
 * `secret`: a secret key with `scope`, an agent whose role has it, or the operator. `operator`: who runs the server.
 * `agent`: an agent's access token. `refresh`: the cookie that renews one, sent by no page but our own.
 */
export type Access = 'public' | 'page' | 'visitor' | 'secret' | 'agent' | 'refresh' | 'operator'

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` for each of `params`. */
  readonly path: string
  readonly access: Access
  readonly scope?: Scope
  /** One sentence for people. */
  readonly summary: string
  readonly params?: Schema
  readonly query?: Schema
  /** JSON, at most 64 KiB unless `content` says otherwise. */
  readonly body?: Schema
  /** A raw body instead of JSON. */
  readonly content?: { readonly types: readonly string[]; readonly maxBytes: number }
  /** The status of success; what comes with it is `reply`, and nothing where that is absent. */
  readonly status: 200 | 201 | 204
  readonly reply?: Schema
  /**
   * The reply carries an `ETag`, and a change may be held to it with `If-Match`: where somebody else was faster it is refused
   * with `precondition_failed`, and nothing is written.
   */
  readonly versioned?: true
  /** The act that one row of the audit log tells of, written in the transaction of the change itself. */
  readonly audit?: AuditAction
  /** The reply is an event stream (`events.ts`). */
  readonly stream?: true
  /** The reply is a file, of this media type: `client.open` gives it, as it comes. */
  readonly download?: { readonly type: string }
  /** How often it may be asked, where its access and method do not say it (`rates.ts`). */
  readonly rate?: RateClass | 'none'
  /** The refusals that are this endpoint's own, beside those of its access and of bad input. */
  readonly errors?: readonly ErrorCode[]
}

/* @__NO_SIDE_EFFECTS__ */
export const endpoint = <const E extends Endpoint>(it: E): E => it

/**
 * Where an endpoint is, without its schemas. A call needs no more at run time, and in a browser the schemas would be four
 * kilobytes to load for nothing.
 */
export interface Route<E extends Endpoint> {
  readonly method: E['method']
  readonly path: E['path']
  /** A type only: never there. */
  readonly of?: E
}

/** `route<typeof listMessages>('GET', '/v1/…')`: a method or path that is not the endpoint's own does not compile. */
/* @__NO_SIDE_EFFECTS__ */
export const route = <E extends Endpoint>(method: E['method'], path: E['path']): Route<E> => ({ method, path })

type In<S> = S extends Schema ? v.InferInput<S> : never
type Part<E, K extends string> = E extends Record<K, infer S extends Schema> ? { [P in K]: In<S> } : unknown

/** A query may be left out where nothing in it must be there. */
type QueryPart<E> = E extends { query: infer S extends Schema }
  ? object extends In<S>
    ? { query?: In<S> }
    : { query: In<S> }
  : unknown

/** What a caller gives. */
export type Input<E extends Endpoint> = Part<E, 'params'> &
  QueryPart<E> &
  Part<E, 'body'> &
  (E extends { content: object } ? { content: Blob | Uint8Array<ArrayBuffer> | string; contentType: string } : unknown)

/** What a handler is given: parsed, defaults filled in. */
export interface Parsed<E extends Endpoint> {
  params: E extends { params: infer S extends Schema } ? v.InferOutput<S> : undefined
  query: E extends { query: infer S extends Schema } ? v.InferOutput<S> : undefined
  body: E extends { body: infer S extends Schema } ? v.InferOutput<S> : undefined
  content: E extends { content: object } ? { bytes: Uint8Array; type: string } : undefined
}

export type Reply<E extends Endpoint> = E extends { reply: infer S extends Schema } ? v.InferOutput<S> : undefined
