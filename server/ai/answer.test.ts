import { isFault } from '@aside/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doneEvent, event, finishChunk, roleChunk, textChunk, usageChunk } from '../testing/completion-chunks.ts'
import { readAnswer } from './answer.ts'
import { OutputText } from './output-text.ts'
import { UpstreamBody } from './upstream.ts'
import { defaultTimeouts, Watchdog } from './watchdog.ts'

/** What comes of these reads, be it an answer or a fault. */
async function outcome(reads: Uint8Array[], outputMost = 10_000) {
  const body = new UpstreamBody()
  const watchdog = new Watchdog(defaultTimeouts, Infinity, () => expect.unreachable())
  let text = ''
  const output = new OutputText((piece) => (text += piece), outputMost)
  const answer = readAnswer(body, output, watchdog, 'asked-for', outputMost).then(
    (completion) => ({ completion }),
    (error: unknown) => ({ code: isFault(error) ? error.code : error }),
  )
  for (const bytes of reads) body.onResponseData(undefined, Buffer.from(bytes))
  body.onResponseEnd()
  const ended = await answer
  watchdog.stop()
  return { text, ...ended }
}

/** The same bytes, cut wherever `cuts` says. */
function cut(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((to, index) => bytes.subarray(places[index - 1] ?? 0, to))
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    'é',
    '中文',
    '👩‍👩‍👧',
    '"',
    '\\',
    '\\"',
    '\n\n',
    '\r',
    'data: [DONE]\n\n',
    '\u2028',
    '\0',
    ' ',
    '"}}]}',
    'probe',
  ),
)

const escaped = (text: string) =>
  text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const asciiOnly = (text: string) => {
  const [before, after] = event(textChunk('m', 'SPLIT')).split('SPLIT')
  return `${before}${escaped(JSON.stringify(text).slice(1, -1))}${after}`
}
const spaced = (text: string) =>
  `data: {"model": "m", "choices": [{"index": 0, "delta": {"content": ${JSON.stringify(text)}}}]}\n\n`
const padded = (text: string) => event({ ...textChunk('m', text), obfuscation: 'x'.repeat(text.length % 7) })

const textEvent = fc.tuple(
  fc.constantFrom(asciiOnly, spaced, padded, (text: string) => event(textChunk('m', text))),
  anyText,
)
const noise = fc.constantFrom(
  ': comment\n\n',
  'event: message\nid: 1\n',
  '\n\n',
  event({ choices: [] }),
  event({ choices: [{ index: 0, delta: null }] }),
  event({ choices: [{ index: 1, delta: { content: 'not the first choice' } }] }),
  event(null),
  'data: {"choices":\ndata: []}\n\n',
)
const bodyParts = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: textEvent.map(([shape, text]) => ({ bytes: shape(text), text })) },
    { weight: 1, arbitrary: noise.map((bytes) => ({ bytes, text: '' })) },
  ),
  { maxLength: 12 },
)
const endings = fc.constantFrom(
  event(finishChunk('m', 'stop')) + event(usageChunk('m', { prompt_tokens: 3, completion_tokens: 4 })) + doneEvent,
  event(finishChunk('m', 'length')) + doneEvent,
  event(finishChunk('m', 'stop')),
  doneEvent,
  '',
  'data: {"choices":[{"index":0,"delta":{"conte',
  'data: {oops}\n\n',
  event({ error: { message: 'Overloaded' } }),
)
const lineEnds = fc.constantFrom('\n', '\r\n', '\r')
const cuts = fc.array(fc.nat(), { maxLength: 40 })

describe('reading an answer', () => {
  it('gives the same text and the same end wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(bodyParts, endings, lineEnds, cuts, async (parts, ending, lineEnd, places) => {
        const source = event(roleChunk('m')) + parts.map((part) => part.bytes).join('') + ending
        const bytes = Buffer.from(source.replaceAll('\n', lineEnd))
        const whole = await outcome([bytes])
        expect(await outcome(cut(bytes, places))).toEqual(whole)
        const sent = parts.map((part) => part.text).join('')
        expect(whole.text).toBe(sent.toWellFormed().replaceAll('\0', '\uFFFD'))
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same for every single place to cut one answer, and byte by byte', async () => {
    const bytes = Buffer.from(
      `\uFEFF${[event(roleChunk('m')), ...['ไทย', ' 中', '👩‍👩‍👧 "é"\n', 'end'].map((text) => event(textChunk('m', text)))].join('')}` +
        (event(finishChunk('m', 'stop')) + doneEvent).replaceAll('\n', '\r\n'),
    )
    const whole = await outcome([bytes])
    expect(whole).toEqual({ text: 'ไทย 中👩‍👩‍👧 "é"\nend', completion: { finishReason: 'stop', model: 'm' } })
    for (let at = 0; at <= bytes.length; at++) expect(await outcome(cut(bytes, [at]))).toEqual(whole)
    expect(await outcome([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('never throws anything but a fault, whatever bytes come, and the cuts do not matter', async () => {
    const junk = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 30 }),
        textEvent.map(([shape, text]) => Buffer.from(shape(text))),
      ),
    )
    await fc.assert(
      fc.asyncProperty(junk, cuts, async (parts, places) => {
        const bytes = Buffer.concat(parts)
        const whole = await outcome([bytes])
        expect(whole).toMatchObject({ code: 'upstream_truncated' })
        expect(whole.text.isWellFormed()).toBe(true)
        expect(await outcome(cut(bytes, places))).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  it('keeps a surrogate pair whole that a provider splits into two deltas', async () => {
    const half = (unit: string) => Buffer.from(`data: {"choices":[{"index":0,"delta":{"content":"${unit}"}}]}\n\n`)
    const end = Buffer.from(event(finishChunk('m', 'stop')))
    expect(await outcome([half('\\ud83d'), half('\\ude00!'), end])).toMatchObject({ text: '😀!' })
    expect(await outcome([half('\\ud83d'), end])).toMatchObject({ text: '\uFFFD' })
  })

  it('gives what fits and then says that the answer is too long', async () => {
    const reads = Array.from({ length: 30 }, () => Buffer.from(event(textChunk('m', 'x'.repeat(50)))))
    expect(await outcome(reads, 1_020)).toEqual({ text: 'x'.repeat(1_020), code: 'output_too_long' })
    const endless = Array.from({ length: 100 }, () => Buffer.alloc(65_536, 'x'))
    expect(await outcome([Buffer.from('data: '), ...endless], 1_000)).toEqual({ text: '', code: 'output_too_long' })
  })
})
