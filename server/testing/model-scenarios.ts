/** What the scripted model does, by the name it is asked for. What follows a `#` only gives a call counter of its own. */
import { event, httpChunk, textChunk, toolCallChunk } from './completion-chunks.ts'
import { essayTokens } from './essay.ts'
import type { Reply } from './model-reply.ts'
import { calls, callTools } from './model-tools.ts'

type Scenario = (reply: Reply, ...numbers: number[]) => Promise<void>

/** The whole text of `gpt-answer`. */
export const answerText =
  'Aside answers from your own documents and says where each sentence comes from [1]. ' +
  'Where the sources hold no answer, it says so – and a person can take over at any moment.'

/** The text of the n-th token of `tokens:…`, counted from 0. */
export const tokenText = (index: number): string => `${index === 0 ? '' : ' '}w${index}`

/** Text that looks like framing and must arrive untouched. */
export const sseLikeText = 'data: {"a":1}\n\nevent: error\r\ndata: [DONE]\n\nid: 7\r: comment\u2028\u2029\n\n\0end'

const someText = (count: number) => Array.from({ length: count }, (_, index) => tokenText(index))

async function give(reply: Reply, count: number): Promise<void> {
  for (const text of someText(count)) await reply.text(text)
}

function refuse(reply: Reply, status: number, code: string, message: string, headers: Record<string, string> = {}) {
  reply.json(status, { error: { message, type: code, param: null, code } }, headers)
}

const tooMany = (reply: Reply, retryAfter: string) =>
  refuse(reply, 429, 'rate_limit_exceeded', 'Rate limit reached for organization org-secret', {
    'retry-after': retryAfter,
  })

async function answer(reply: Reply): Promise<void> {
  await reply.words(answerText)
  await reply.finish()
}

/** Frames of `tokens:…` by model name: built once, however many streams there are. */
const frames = new Map<string, Buffer[]>()

function framesOf(model: string, count: number): Buffer[] {
  let built = frames.get(model)
  if (!built) {
    built = someText(count).map((text) => httpChunk(event(textChunk(model, text))))
    frames.set(model, built)
  }
  return built
}

async function tokens(reply: Reply, count: number, periodMs: number, delayMs = 0): Promise<void> {
  if (!reply.request.stream || reply.isGated) {
    await reply.wait(delayMs)
    for (const text of someText(count)) {
      await reply.text(text)
      if (reply.request.stream) await reply.wait(periodMs)
    }
    return reply.finish()
  }
  await reply.begin()
  const built = framesOf(reply.model, count)
  reply.wheel.add(delayMs, periodMs, () => {
    const frame = built[reply.pieces]
    if (frame) {
      reply.pieces++
      return reply.writeFrame(frame)
    }
    if (reply.writeFrame(reply.closingFrame())) reply.response.end()
    return false
  })
}

/** Quotes the first sentence of the passage numbered 1 in the system prompt, and cites it. Offered a tool, it first calls that. */
async function echo(reply: Reply, periodMs = 0): Promise<void> {
  const tool = reply.request.tools?.[0]?.function
  if (tool && reply.request.messages.at(-1)?.role === 'user')
    return callTools(reply, [{ name: tool.name, given: '{}' }])
  const passage = /^\s*\[1\]\s*([\s\S]*?)(?=^\s*\[2\]|(?![\s\S]))/m.exec(reply.systemText)?.[1] ?? ''
  // Its first line is where it comes from.
  const lines = passage
    .split('\n')
    .map((line) => line.trim())
    .slice(1)
  const prose = lines.find((line) => /[.!?。]$/.test(line)) ?? lines.find(Boolean)
  const sentence = prose && (/^.*?[.!?。](?=\s|$)/.exec(prose)?.[0] ?? prose)
  await reply.words(sentence ? `${sentence} [1]` : 'There is nothing to quote.', periodMs)
  await reply.finish()
}

/** Says the last question again, as it is, in pieces of so many characters: whatever a test wants said, it asks. */
async function repeat(reply: Reply, chars = 3): Promise<void> {
  const { content = '' } = reply.request.messages.findLast(({ role }) => role === 'user') ?? {}
  const question =
    typeof content === 'string' ? content : (content ?? []).map((it) => (it.type === 'text' ? it.text : '')).join('')
  for (let at = 0; at < question.length; at += chars) await reply.text(question.slice(at, at + chars))
  await reply.finish()
}

async function essay(reply: Reply, count: number, periodMs = 0): Promise<void> {
  const began = performance.now()
  for (const [at, token] of essayTokens(count).entries()) {
    await reply.text(token)
    // By the clock, so that timers that come late do not make it slower.
    const aheadMs = began + (at + 1) * periodMs - performance.now()
    if (aheadMs > 1) await reply.wait(aheadMs)
  }
  await reply.finish()
}

/** The last line of `asking`, where the prompt asks for one. */
export const askingLine = '\n\n[[ask: What does it cost? | Who answers then?]]'

/** Answers in pieces of a few characters, and puts its questions after it if it was asked to. */
async function asking(reply: Reply): Promise<void> {
  const whole = answerText + (reply.systemText.includes('[[ask:') ? askingLine : '')
  for (const piece of whole.match(/[\s\S]{1,3}/g) ?? []) await reply.text(piece)
  await reply.finish()
}

async function oddChunks(reply: Reply): Promise<void> {
  await reply.begin()
  reply.write(': a comment\nevent: message\nid: 9\nretry: 10\nunknown: field\n\n')
  for (const odd of [
    { choices: [] },
    { choices: [{ index: 0, delta: null, finish_reason: null }] },
    { choices: [{ index: 0, delta: { content: null } }] },
    { choices: [{ index: 0 }] },
    { choices: null, usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
    { object: 'something.new', surprise: { deep: [1, { content: 'not this' }] } },
    { choices: [{ index: 1, delta: { content: 'second choice' } }] },
  ])
    reply.write(event(odd))
  reply.write('data:\ndata\n\n')
  await reply.text('still ')
  reply.write(`data:${JSON.stringify({ choices: [{ index: 0, delta: { content: 'here' }, novel: true }] })}\r\n\r\n`)
  await reply.finish()
}

const scenarios: [RegExp, Scenario][] = [
  [/^gpt-answer$/, answer],
  [/^gpt-/, answer],
  [/^calls(?:-ever|-then-text)?:/, calls],
  [/^echo(?::(\d+))?$/, echo],
  [/^asking$/, asking],
  [/^tokens:(\d+):(\d+)(?::(\d+))?$/, tokens],
  [/^repeat(?::(\d+))?$/, repeat],
  [/^essay:(\d+)(?::(\d+))?$/, (reply, count, periodMs) => essay(reply, count!, periodMs)],
  [/^eof-after-(\d+)$/, async (reply, count) => give(reply, count!).then(() => reply.eof())],
  [
    /^eof-in-json$/,
    async (reply) => {
      await give(reply, 5)
      reply.write('data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"cut he')
      reply.eof()
    },
  ],
  [/^eof-at-once$/, async (reply) => reply.begin().then(() => reply.eof())],
  [
    /^html-200$/,
    async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end('<!doctype html><title>Sign in</title><p>data: proxy login</p>')
    },
  ],
  [/^stall-after-(\d+)$/, async (reply, count) => give(reply, count!).then(() => reply.stall())],
  [/^never-text$/, async (reply) => reply.begin().then(() => reply.stall())],
  [/^never-headers$/, async (reply) => reply.stall()],
  [/^reset-after-(\d+)$/, async (reply, count) => give(reply, count!).then(() => reply.reset())],
  [/^reset-at-once$/, async (reply) => reply.reset()],
  [/^429-retry-(\d+)$/, async (reply, seconds) => tooMany(reply, String(seconds))],
  [/^429-date$/, async (reply) => tooMany(reply, new Date(Date.now() + 3_600_000).toUTCString())],
  [
    /^429-retry-(\d+)-then-ok$/,
    async (reply, seconds) => (reply.callNumber === 1 ? tooMany(reply, String(seconds)) : answer(reply)),
  ],
  [
    /^(\d{3})-twice-then-ok$/,
    async (reply, status) =>
      reply.callNumber <= 2 ? refuse(reply, status!, 'server_error', 'Trouble at org-secret') : answer(reply),
  ],
  [
    /^no-reason$/,
    async (reply) =>
      reply
        .words('Never said why.')
        .then(() => reply.write('data: [DONE]\n\n'))
        .then(() => reply.eof()),
  ],
  [
    /^error-mid-stream$/,
    async (reply) => {
      await give(reply, 5)
      reply.write(event({ error: { message: 'Overloaded, key sk-secret', type: 'server_error', code: null } }))
      reply.eof()
    },
  ],
  [
    /^garbage$/,
    async (reply) => {
      await give(reply, 5)
      reply.write('data: {"choices":[{"delta":{"content":\u0007oops}]\n\n')
      await reply.stall()
    },
  ],
  [/^odd-chunks$/, oddChunks],
  [/^huge-delta$/, async (reply) => reply.text('x'.repeat(5_000_000)).then(() => reply.finish())],
  [
    /^100k-chars$/,
    async (reply) => {
      await reply.begin()
      const batch = event(textChunk(reply.model, 'y')).repeat(1_000)
      for (let sent = 0; sent < 100; sent++) {
        reply.write(batch)
        reply.pieces += 1_000
        await reply.wait(1)
      }
      await reply.finish()
    },
  ],
  [
    /^blocks:(\d+):(\d+)$/,
    async (reply, count, chars) => {
      for (let i = 0; i < count!; i++) await reply.text('b'.repeat(chars!))
      await reply.finish()
    },
  ],
  [
    /^endless$/,
    async (reply) => {
      for (;;) await reply.text('z'.repeat(10_000))
    },
  ],
  [/^finish-length$/, async (reply) => give(reply, 5).then(() => reply.finish('length'))],
  [/^finish-content-filter$/, async (reply) => give(reply, 5).then(() => reply.finish('content_filter'))],
  [
    /^unknown-tool-call$/,
    async (reply) => {
      await reply.begin()
      reply.write(event(toolCallChunk(reply.model, 'delete_everything')))
      await reply.finish('tool_calls')
    },
  ],
  [
    /^odd-unicode$/,
    async (reply) => {
      await reply.begin()
      reply.write('data: {"choices":[{"index":0,"delta":{"content":"lone \\ud800 and \\udc00 | "}}]}\n\n')
      reply.write(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"bad \xff\xc3 | "}}]}\n\n', 'latin1'))
      await reply.text('bidi \u202Etxt\u202C | ')
      await reply.text('zero\u200B\u200Dwidth | ')
      await reply.text(`marks e${'\u0301'.repeat(5_000)} | `)
      await reply.text('ไทย 中文 👩‍👩‍👧 é')
      await reply.finish()
    },
  ],
  [/^sse-like-text$/, async (reply) => reply.text(sseLikeText).then(() => reply.finish())],
  [
    /^slow-usage$/,
    async (reply) => {
      await give(reply, 5)
      reply.write(reply.closingEvents('stop').split('\n\n')[0] + '\n\n')
      await reply.stall()
    },
  ],
  [
    /^401$/,
    async (reply) => refuse(reply, 401, 'invalid_api_key', 'Incorrect API key provided: sk-scri***********tests.', {}),
  ],
  [
    /^blind$/,
    async (reply) =>
      reply.request.messages.some(
        ({ content }) => typeof content === 'object' && content?.some((part) => part.type === 'image_url'),
      )
        ? refuse(reply, 400, 'invalid_request_error', 'This model does not support image input')
        : answer(reply),
  ],
  [/^(\d{3})$/, async (reply, status) => refuse(reply, status!, 'error', 'Refused for org-secret')],
]

/** The scenario a model's name asks for, or undefined for a name nobody knows. */
export function scenarioOf(model: string): ((reply: Reply) => Promise<void>) | undefined {
  const name = model.replace(/#.*$/, '')
  for (const [pattern, scenario] of scenarios) {
    const match = pattern.exec(name)
    if (!match) continue
    const numbers = match.slice(1).filter((group) => group !== undefined)
    return (reply) => scenario(reply, ...numbers.map(Number))
  }
  return undefined
}

/** What `GET /v1/models` lists. */
export const listedModels = ['gpt-answer', 'echo', 'tokens:400:20']
