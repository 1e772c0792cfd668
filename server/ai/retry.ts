/** When to ask a provider again, and how long to wait before. */
import type { Fault } from '@aside/protocol'

export interface RetryPolicy {
  /** Retries, the first attempt not counted. */
  most: number
  /** The first wait is at most this, the next at most twice as long, and so on. */
  backoffMs: number
  /** A provider that asks for a longer wait gets none: the fault says when to come back. */
  longestWaitMs: number
}

export const defaultRetryPolicy: RetryPolicy = { most: 2, backoffMs: 500, longestWaitMs: 10_000 }

const passing = new Set(['upstream_unreachable', 'upstream_failed', 'upstream_truncated', 'upstream_rate_limited'])

/**
 * The wait before the next attempt, or undefined where there shall be none. Only for faults before the first text: two
 * answers are never glued together. A timeout is not tried again: who waited that long has waited long enough.
 */
export function retryWaitMs(fault: Fault, retries: number, policy: RetryPolicy, random = Math.random) {
  if (retries >= policy.most || !passing.has(fault.code)) return undefined
  const backoffMs = random() * policy.backoffMs * 2 ** retries
  if (fault.retryAfterMs === undefined) return backoffMs
  return fault.retryAfterMs <= policy.longestWaitMs ? Math.max(fault.retryAfterMs, backoffMs) : undefined
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), or OpenAI's `retry-after-ms`. */
export function retryAfterMs(headers: Headers, nowMs = Date.now()): number | undefined {
  const precise = headers.get('retry-after-ms')
  if (precise !== null && /^\d+(\.\d+)?$/.test(precise)) return Math.ceil(Number(precise))
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
