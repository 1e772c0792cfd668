/** The bytes of an OpenAI chat completion: chunks, server-sent events, HTTP chunk framing. */

/** One id for every stream, so that frames can be built once and written many times. */
const completionId = 'chatcmpl-Scr1ptedC0mplet10nF0rTests'
const created = 1_780_000_000

export interface ScriptedUsage {
  prompt_tokens: number
  completion_tokens: number
}

function chunk(model: string, rest: Record<string, unknown>): Record<string, unknown> {
  return {
    id: completionId,
    object: 'chat.completion.chunk',
    created,
    model,
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
    ...rest,
  }
}

function choice(model: string, delta: Record<string, unknown>, finishReason: string | null = null) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
  return chunk(model, { choices, usage: null })
}

const withTotal = (usage: ScriptedUsage) => ({
  ...usage,
  total_tokens: usage.prompt_tokens + usage.completion_tokens,
})

export const roleChunk = (model: string) => choice(model, { role: 'assistant', content: '', refusal: null })
/** With the padding OpenAI adds, so that the size of a packet does not tell the length of a word. */
export const textChunk = (model: string, content: string) => ({
  ...choice(model, { content }),
  obfuscation: 'Kz4RwTq9LmXo'.slice(Math.min(content.length, 11)),
})
export const finishChunk = (model: string, reason: string) => choice(model, {}, reason)
export const toolCallChunk = (model: string, name: string) =>
  choice(model, {
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: '{"path":"/"}' } }],
  })
/** The chunks of several calls side by side, their arguments in pieces of so many characters. */
export function callPieces(model: string, calls: { name: string; given: string }[], chars: number) {
  const begun = calls.map(({ name }, index) => ({
    index,
    id: `call_${index}`,
    type: 'function',
    function: { name, arguments: '' },
  }))
  const most = Math.max(0, ...calls.map(({ given }) => Math.ceil(given.length / chars)))
  const pieces = Array.from({ length: most }, (_, at) =>
    calls.flatMap(({ given }, index) => {
      const piece = given.slice(at * chars, (at + 1) * chars)
      return piece === '' ? [] : [{ index, function: { arguments: piece } }]
    }),
  ).flat()
  return [...begun, ...pieces].map((it) => choice(model, { tool_calls: [it] }))
}
export const usageChunk = (model: string, usage: ScriptedUsage) =>
  chunk(model, { choices: [], usage: withTotal(usage) })

/** One server-sent event. */
export const event = (payload: unknown): string => `data: ${JSON.stringify(payload)}\n\n`
export const doneEvent = 'data: [DONE]\n\n'

/** Bytes as one chunk of a chunked HTTP body (RFC 9112, section 7.1). */
export function httpChunk(text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}

/** The answer to a request without `stream`. */
export function completion(model: string, content: string, reason: string, usage: ScriptedUsage) {
  return {
    id: completionId,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: reason }],
    usage: withTotal(usage),
  }
}
