import { expect, it } from 'vitest'
import { fold, foldWithPlaces, queryWords } from './index.ts'

it('lets case and accents go', () => {
  expect(fold('Où est le CAFÉ ?')).toBe('ou est le cafe ?')
  expect(fold('cafe\u0301')).toBe('cafe')
  expect(fold('İstanbul, Ёлка, ΟΔΟΣ, Straße')).toBe('istanbul, елка, οδοσ, strasse')
  expect(fold('القَهوة')).toBe('القهوة')
  expect(fold('ＡＢＣ ｶﾞ')).toBe('abc ガ')
  expect(queryWords('  Où   CAFÉ ')).toEqual(['ou', 'cafe'])
})

it('keeps what makes another letter', () => {
  expect(fold('पिता')).not.toContain(fold('पता'))
  expect(fold('かぎ')).not.toContain(fold('かき'))
  expect(fold('도착하나요')).toBe('도착하나요')
})

it('says where each letter comes from', () => {
  const { folded, places } = foldWithPlaces('Straße nach Würzburg')
  expect(folded).toBe('strasse nach wurzburg')
  expect(places).toHaveLength(folded.length + 1)
  expect('Straße nach Würzburg'.slice(places[folded.indexOf('wurz')]!)).toBe('Würzburg')
})

it('leaves nothing of marks without a letter', () => {
  expect(fold('\u0301\u0334'.repeat(4_000))).toBe('')
})
