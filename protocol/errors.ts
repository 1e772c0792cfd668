/** Every way a request or an answer can be refused: one closed list of codes, one body, one class. */
import * as v from 'valibot'

/** `code → HTTP status`, `may the same request be tried again as it is?` */
export const errors = {
  // the request
  bad_request: { status: 400, retryable: false },
  invalid_input: { status: 400, retryable: false },
  invalid_encoding: { status: 400, retryable: false },
  body_missing: { status: 400, retryable: false },
  body_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  unsupported_source: { status: 415, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  protocol_too_old: { status: 426, retryable: false },
  // who asks
  unauthenticated: { status: 401, retryable: false },
  session_expired: { status: 401, retryable: false },
  identity_required: { status: 401, retryable: false },
  identity_invalid: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  scope_missing: { status: 403, retryable: false },
  secret_key_in_browser: { status: 403, retryable: false },
  app_not_found: { status: 404, retryable: false },
  origin_missing: { status: 403, retryable: false },
  origin_not_allowed: { status: 403, retryable: false },
  no_allowed_origins: { status: 403, retryable: false },
  // what it asks for
  not_found: { status: 404, retryable: false },
  conflict: { status: 409, retryable: false },
  precondition_failed: { status: 412, retryable: false },
  conversation_busy: { status: 409, retryable: true },
  details_required: { status: 409, retryable: false },
  conversation_closed: { status: 409, retryable: false },
  idempotency_mismatch: { status: 422, retryable: false },
  // how much
  rate_limited: { status: 429, retryable: true },
  too_many_streams: { status: 429, retryable: true },
  overloaded: { status: 503, retryable: true },
  store_unavailable: { status: 503, retryable: true },
  shutting_down: { status: 503, retryable: true },
  store_full: { status: 507, retryable: true },
  // the model's side
  upstream_unreachable: { status: 502, retryable: true },
  upstream_timeout: { status: 504, retryable: true },
  upstream_rate_limited: { status: 503, retryable: true },
  upstream_rejected: { status: 502, retryable: false },
  upstream_unauthorized: { status: 502, retryable: false },
  upstream_bad_response: { status: 502, retryable: true },
  upstream_truncated: { status: 502, retryable: true },
  upstream_failed: { status: 502, retryable: true },
  upstream_unavailable: { status: 503, retryable: true },
  // an answer that ended early
  turn_interrupted: { status: 500, retryable: true },
  turn_stopped: { status: 409, retryable: true },
  turn_superseded: { status: 409, retryable: false },
  output_too_long: { status: 502, retryable: false },
  // the client's own side of the wire
  network: { status: 0, retryable: true },
  aborted: { status: 0, retryable: false },
  // a defect of ours
  internal: { status: 500, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>

export type ErrorCode = keyof typeof errors
export const errorCodes = Object.keys(errors) as ErrorCode[]
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errors, code)

/** One wrong field: where (`body.text`, `query.limit`) and what is allowed there. */
export const Issue = v.object({ path: v.string(), message: v.string() })
export type Issue = v.InferOutput<typeof Issue>

/** The body of every refusal, in REST and in the stream. */
export const ErrorBody = v.object({
  error: v.object({
    code: v.picklist(errorCodes),
    message: v.string(),
    issues: v.optional(v.array(Issue)),
    retryAfterMs: v.optional(v.number()),
    requestId: v.string(),
  }),
})
export type ErrorBody = v.InferOutput<typeof ErrorBody>

export interface FaultOptions {
  cause?: unknown
  issues?: Issue[]
  /** Not before this many milliseconds from now. */
  retryAfterMs?: number
  requestId?: string
}

/**
 * The one error that is thrown on purpose. `message` may be read by the person who asked, so it names nothing secret.
 * Tell faults apart by `code`, never by `instanceof` where two copies of this module may meet (federation).
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: ErrorCode
  readonly issues: Issue[] | undefined
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined

  constructor(code: ErrorCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.issues = options.issues
    this.retryAfterMs = options.retryAfterMs
    this.requestId = options.requestId
  }

  get status(): number {
    return errors[this.code].status
  }

  get retryable(): boolean {
    return errors[this.code].retryable
  }
}

/** True for a `Fault` of any copy of this module. */
export function isFault(error: unknown): error is Fault {
  return error instanceof Error && error.name === 'Fault' && Object.hasOwn(errors, (error as Fault).code)
}
