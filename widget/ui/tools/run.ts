/** Lets the page do what the assistant asked for: in one tab, checked before, bounded in time and size. */
import { type Input, type reportTool, route, type ToolCall } from '@aside/protocol'
import type { PageTool } from '../options.ts'
import { misfit } from './fit.ts'

/** The same again is harmless. `conflict`: nobody waits for it any more. */
export const report = route<typeof reportTool>('POST', '/v1/conversations/:conversationId/tools/:callId')

/** What became of something the assistant wanted the page to do. */
export type ToolOutcome = Input<typeof reportTool>['body']

const LIMIT_MS = 60_000
const MAX_RESULT_CHARS = 16_384
const MAX_REASON_CHARS = 500

const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

const failed = (reason: string): ToolOutcome => ({
  status: 'failed',
  result: storable(reason).slice(0, MAX_REASON_CHARS).toWellFormed(),
})

/** Never rejects. What takes longer than a minute has failed, whatever still comes of it. */
export async function runTool(tool: PageTool, call: ToolCall, limitMs = LIMIT_MS): Promise<ToolOutcome> {
  const wrong = misfit(tool.parameters, call.arguments)
  if (wrong !== undefined) return failed(wrong)
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no result within ${limitMs / 1_000} s`)), limitMs)
    })
    // A copy, and begun later: what the page does to it, or throws at once, is the page's.
    const given = structuredClone(call.arguments)
    const result = await Promise.race([Promise.resolve().then(() => tool.handler(given)), late])
    // What is no JSON, such as a function or nothing at all, is no result.
    const json: string | undefined = JSON.stringify(result, (_, it) => (typeof it === 'string' ? storable(it) : it))
    if (json === undefined) return { status: 'done' }
    if (json.length > MAX_RESULT_CHARS) return failed(`the result has more than ${MAX_RESULT_CHARS} characters`)
    return { status: 'done', result: JSON.parse(json) }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** `run` unless another tab is at it. False where one is. `run` must not reject. */
export async function alone(callId: string, run: () => Promise<void>): Promise<boolean> {
  let isMine = false
  const begin = async (lock: Lock | null) => {
    isMine = lock !== null
    if (isMine) await run()
  }
  try {
    await navigator.locks.request(`aside:tool:${callId}`, { ifAvailable: true }, begin)
    return isMine
  } catch {
    // Locks are for secure contexts, and not for sandboxed frames: there every tab is for itself.
    if (!isMine) await run()
    return true
  }
}

/** Remembers, beyond a reload, that a call was begun by itself: it is not begun by itself again. */
export function isFirst(appId: string, callId: string): boolean {
  try {
    const key = keyOf(appId, callId)
    if (localStorage.getItem(key) !== null) return false
    localStorage.setItem(key, '1')
  } catch {
    // Blocked: then nothing is known of earlier.
  }
  return true
}

/** It has its outcome, and the server knows it. */
export function forget(appId: string, callId: string): void {
  try {
    localStorage.removeItem(keyOf(appId, callId))
  } catch {
    // Nothing was remembered.
  }
}

const keyOf = (appId: string, callId: string) => `aside:${appId}:begun:${callId}`
