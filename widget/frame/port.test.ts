import { FrameInit, PageMessage } from '@aside/protocol/frame'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInit, isMessage } from './port.ts'

const allows = (schema: typeof FrameInit | typeof PageMessage, value: unknown): boolean => {
  const result = schema['~standard'].validate(value)
  return 'issues' in result ? result.issues === undefined : true
}

/** Right, nearly right and wrong values for every field. */
const text = fc.constantFrom<unknown>(
  '',
  'a',
  'a'.repeat(35),
  'a'.repeat(36),
  'a'.repeat(8_000),
  'a'.repeat(8_001),
  1,
  null,
  undefined,
)
const number = fc.constantFrom<unknown>(0, 7, 1.5, -1, Number.NaN, '1', null, undefined)
const optional = { requiredKeys: [] }

const args = fc.constantFrom<unknown>(
  [],
  ['text'],
  [{ getToken: { $fn: 0 } }],
  [1, 2, 3, 4],
  [1, 2, 3, 4, 5],
  'a',
  {},
  undefined,
)
const command = fc.record(
  {
    type: fc.constantFrom<unknown>('command', 'command', 'open', undefined),
    id: number,
    command: fc.constantFrom<unknown>('send', 'identify', 'newConversation', 'destroy', 'constructor', undefined),
    args,
  },
  optional,
)
const init = fc.record(
  {
    aside: fc.constantFrom<unknown>('init', 'init', 'init', 'ready', undefined),
    version: number,
    appId: text,
    open: fc.constantFrom<unknown>(true, false, false, 'true', undefined),
    locale: text,
    theme: fc.constantFrom<unknown>('light', 'dark', 'auto', 'blue', undefined, null),
    mode: fc.constantFrom<unknown>('inline', 'page', 'floating', undefined),
    consent: text,
    calls: fc.oneof(fc.constant(undefined), fc.constant('none'), fc.array(command, { maxLength: 3 })),
  },
  optional,
)
const message = fc.record(
  {
    type: fc.constantFrom<unknown>('open', 'close', 'move', 'command', 'command', 'result', 'eval', 1),
    id: number,
    command: fc.constantFrom<unknown>('send', 'setConsent', 'newConversation', 'destroy', 'constructor', undefined),
    args,
    error: fc.constantFrom<unknown>('internal', 'a'.repeat(500), 'a'.repeat(501), 1, undefined),
  },
  optional,
)

describe('what the frame lets in', () => {
  it('is what the contract allows to begin with, and nothing else', () => {
    let allowed = 0
    fc.assert(
      fc.property(fc.oneof(init, fc.anything()), (value) => {
        expect(isInit(value)).toBe(allows(FrameInit, value))
        if (isInit(value)) allowed++
      }),
      { numRuns: 3_000 },
    )
    expect(allowed).toBeGreaterThan(0)
  })

  it('is what the contract allows over the port, and nothing else', () => {
    let allowed = 0
    fc.assert(
      fc.property(fc.oneof(message, fc.anything()), (value) => {
        expect(isMessage(value)).toBe(allows(PageMessage, value))
        if (isMessage(value)) allowed++
      }),
      { numRuns: 3_000 },
    )
    expect(allowed).toBeGreaterThan(0)
  })
})
