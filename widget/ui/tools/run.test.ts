import type { ToolCall } from '@aside/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PageTool } from '../options.ts'
import { misfit } from './fit.ts'
import { runTool } from './run.ts'

const parameters = {
  type: 'object',
  properties: {
    number: { type: 'string' },
    days: { type: ['integer', 'null'] },
    size: { enum: ['s', 'm'] },
    tags: { type: 'array', items: { type: 'string' } },
    to: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  required: ['number'],
  additionalProperties: false,
}

describe('arguments', () => {
  it.for<[object, string | undefined]>([
    [{ number: 'A-1' }, undefined],
    [{ number: 'A-1', days: null, size: 'm', tags: ['x'], to: { city: 'Köln' } }, undefined],
    [{}, 'arguments.number is missing'],
    [{ number: 7 }, 'arguments.number must be string'],
    [{ number: 'A', days: 1.5 }, 'arguments.days must be integer or null'],
    [{ number: 'A', size: 'xl' }, 'arguments.size must be one of ["s","m"]'],
    [{ number: 'A', tags: ['x', 1] }, 'arguments.tags[1] must be string'],
    [{ number: 'A', to: {} }, 'arguments.to.city is missing'],
    [{ number: 'A', more: 1 }, 'arguments.more is not known'],
    [[], 'arguments must be object'],
  ])('%j: %s', ([given, wrong]) => {
    expect(misfit(parameters, given)).toBe(wrong)
  })

  it('are measured by any schema without an exception, and by an empty one all fit', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (schema, value) => {
        const wrong = misfit(schema, value)
        expect(wrong === undefined || wrong.length > 0).toBe(true)
        expect(misfit({}, value)).toBeUndefined()
      }),
    )
  })
})

describe('a tool of the page', () => {
  const call: ToolCall = {
    id: `tcl_${'0'.repeat(26)}`,
    name: 'find_order',
    arguments: { number: 'A-1', tags: ['x'] },
    status: 'asked',
  }
  const run = (handler: PageTool['handler'], limitMs?: number, given: object = {}) =>
    runTool({ name: 'find_order', description: '', parameters, handler }, { ...call, ...given }, limitMs)

  it('gives what its handler gives, as JSON, and gets a copy of the arguments', async () => {
    const given: unknown[] = []
    const outcome = await run((args) => {
      given.push(structuredClone(args))
      args['number'] = 'changed'
      return { at: new Date(0), no: undefined, text: 'a\0b\ud800' }
    })
    expect(outcome).toEqual({ status: 'done', result: { at: '1970-01-01T00:00:00.000Z', text: 'a\uFFFDb\uFFFD' } })
    expect(given).toEqual([call.arguments])
    expect(call.arguments['number']).toBe('A-1')
    expect(await run(async () => undefined)).toEqual({ status: 'done' })
    expect(await run(() => () => 1)).toEqual({ status: 'done' })
  })

  it('has failed where it throws, gives what is no JSON or too much, or takes too long', async () => {
    const broken = (error: unknown) => () => {
      throw error
    }
    expect(await run(broken(new Error('x'.repeat(600))))).toEqual({ status: 'failed', result: 'x'.repeat(500) })
    expect(await run(broken('plain'))).toEqual({ status: 'failed', result: 'plain' })
    expect(await run(() => Promise.reject(new Error('later')))).toEqual({ status: 'failed', result: 'later' })
    expect(await run(() => 1n)).toMatchObject({ status: 'failed' })
    expect(await run(() => 'x'.repeat(16_384))).toMatchObject({ status: 'failed' })
    expect(await run(() => new Promise(() => {}), 20)).toEqual({ status: 'failed', result: 'no result within 0.02 s' })
  })

  it('is not run where the arguments do not fit', async () => {
    const outcome = await run(() => expect.unreachable(), undefined, { arguments: { number: 1 } })
    expect(outcome).toEqual({ status: 'failed', result: 'arguments.number must be string' })
  })
})
