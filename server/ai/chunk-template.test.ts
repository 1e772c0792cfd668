import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textChunk } from '../testing/completion-chunks.ts'
import { templateOf } from './chunk-template.ts'

function parseText(payload: string): string {
  const chunk: { choices?: { delta?: { content?: unknown } }[] } = JSON.parse(payload)
  const content = chunk.choices?.[0]?.delta?.content
  return typeof content === 'string' ? content : ''
}

const plain = (text: string) => JSON.stringify({ ...textChunk('m', text), obfuscation: undefined })
const padded = (text: string) => JSON.stringify(textChunk('m', text))
const spaced = (text: string) => `{"choices": [{"delta": {"content": ${JSON.stringify(text)}}, "finish_reason": null}]}`
const shapes = fc.constantFrom(plain, padded, spaced)
const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('"', '\\', '}', '{', ',"content":"x"', '"}}],"choices":[]', '\n', '{}', '"finish_reason":"stop"'),
)

describe('a chunk template', () => {
  it('reads the text of chunks that differ in nothing else, padding aside', () => {
    for (const shape of [plain, padded, spaced]) {
      const template = templateOf(shape(' first'), parseText)
      for (const text of ['', ' second', 'ไทย 👩‍👩‍👧', 'a: {b}', ' content '])
        expect(template?.textOf(shape(text))).toBe(text)
    }
  })

  it('leaves to a full parse whatever is escaped', () => {
    const template = templateOf(padded('x'), parseText)
    for (const text of ['\n\n', 'say "so"', 'back\\slash', '\u0007'])
      expect(template?.textOf(padded(text))).toBeUndefined()
  })

  it('never reads a text that a full parse would not, however a chunk is changed', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.string(),
        fc.string(),
        fc.nat(),
        fc.nat(8),
        piece,
        (shape, first, second, at, gone, added) => {
          const template = templateOf(shape(first), parseText)
          const whole = shape(second)
          const place = at % (whole.length + 1)
          const changed = whole.slice(0, place) + added + whole.slice(place + gone)
          const text = template?.textOf(changed)
          if (text === undefined) return
          expect(parseText(changed)).toBe(text)
          const { obfuscation: _ours, ...rest } = JSON.parse(changed)
          const { obfuscation: _theirs, ...expected } = JSON.parse(shape(text))
          expect(rest).toEqual(expected)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('is not made where the first string called content is not the text', () => {
    const decoy = '{"meta":{"content":"decoy"},"choices":[{"delta":{"content":"text"}}]}'
    expect(parseText(decoy)).toBe('text')
    expect(templateOf(decoy, parseText)).toBeUndefined()
    expect(templateOf('{"choices":[]}', parseText)).toBeUndefined()
  })
})
