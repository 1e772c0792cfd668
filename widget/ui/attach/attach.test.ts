import { describe, expect, it } from 'vitest'
import { placeIn } from './pixels.ts'
import { describeSize } from './sizes.ts'

describe('the size of a file', () => {
  it.for([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [1_540_000, '1.5 MB'],
    [10_485_760, '10 MB'],
  ] as const)('of %i bytes reads %s', ([bytes, text]) => {
    expect(describeSize(bytes, 'en')).toBe(text)
  })

  it('is in the visitor’s language', () => {
    expect(describeSize(1_540_000, 'de')).toBe('1,5 MB')
  })
})

describe('a picture', () => {
  const wide = { width: 400, height: 100 }
  it('lies whole within a box, or fills it', () => {
    const box = { width: 100, height: 100 }
    expect(placeIn(wide, box, 'contain')).toEqual({ x: 0, y: 37.5, width: 100, height: 25 })
    expect(placeIn(wide, box, 'cover')).toEqual({ x: -150, y: 0, width: 400, height: 100 })
  })
})
