import { describe, expect, it } from 'vitest'
import { shorten } from './thread.ts'

describe('a shortened text', () => {
  it('is one line, and whole where it fits', () => {
    expect(shorten('  two\n\n lines ', 20)).toBe('two lines')
  })

  it('is never cut within a character, which Postgres would refuse to store', () => {
    for (let before = 115; before <= 122; before++) {
      const short = shorten(`${'a'.repeat(before)}😀 and the rest of it`, 120)
      expect(short.isWellFormed()).toBe(true)
      expect(Array.from(short).length).toBeLessThanOrEqual(120)
    }
  })
})
