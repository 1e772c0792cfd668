/** What went wrong between us and a provider, in our words. The provider's own words stay out: they may hold parts of a key. */
import { APIError } from 'openai'
import { Fault } from '@aside/protocol'
import { retryAfterMs } from './retry.ts'

/** The fault for what the SDK threw before an answer began. Faults pass through. */
export function upstreamFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof APIError && typeof error.status === 'number' && error.headers instanceof Headers)
    return statusFault(error.status, error.headers, error.code)
  const cause = networkCause(error)
  if (cause === 'HTTPParserError' || cause.startsWith('HPE_'))
    return new Fault('upstream_bad_response', 'The model sent no proper answer', { cause })
  return new Fault('upstream_unreachable', 'The model could not be reached', { cause })
}

function statusFault(status: number, headers: Headers, code: string | null | undefined): Fault {
  const waitMs = retryAfterMs(headers)
  const options = { cause: `HTTP ${status}`, ...(waitMs !== undefined && { retryAfterMs: waitMs }) }
  if (status === 401 || status === 403)
    return new Fault('upstream_unauthorized', 'The model refused our credentials', options)
  // Out of credit is reported as 429 too, and no wait helps.
  if (code === 'insufficient_quota')
    return new Fault('upstream_rejected', 'The account with the model is used up', options)
  if (status === 429) return new Fault('upstream_rate_limited', 'The model is asked too often at the moment', options)
  if (status >= 500 || status === 408) return new Fault('upstream_failed', 'The model failed', options)
  if (status >= 400) return new Fault('upstream_rejected', 'The model refused the request', options)
  return new Fault('upstream_bad_response', 'The model sent no proper answer', options)
}

/** What the innermost error calls itself: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, `HTTPParserError`, … */
export function networkCause(error: unknown): string {
  let name = 'unknown'
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    name = 'code' in at && typeof at.code === 'string' ? at.code : at.name
  return name
}
