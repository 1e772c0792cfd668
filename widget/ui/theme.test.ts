import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accents, contrast, DEFAULT_PRIMARY } from './theme.ts'

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`)

describe('the colours', () => {
  it('can be read whatever the owner chose: AA for text, on the colour and beside it', () => {
    fc.assert(
      fc.property(hex, (primary) => {
        const light = accents(primary, 'light')
        const dark = accents(primary, 'dark')
        expect(contrast(light.primary, light.onPrimary)).toBeGreaterThanOrEqual(4.5)
        for (const ground of ['#ffffff', '#f4f5f7']) expect(contrast(light.accent, ground)).toBeGreaterThanOrEqual(4.5)
        for (const ground of ['#191b20', '#24262d']) expect(contrast(dark.accent, ground)).toBeGreaterThanOrEqual(4.5)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are the owner’s own where they can be read already', () => {
    expect(accents('#24493c', 'light')).toEqual({ primary: '#24493c', onPrimary: '#ffffff', accent: '#24493c' })
  })

  it('are the default ones where the owner’s is no colour', () => {
    expect(accents('red;}', 'light').primary).toBe(DEFAULT_PRIMARY)
  })
})
