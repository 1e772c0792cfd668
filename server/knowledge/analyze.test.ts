import { describe, expect, it } from 'vitest'
import { analyze, analyzeQuery } from './analyze.ts'
import { fold } from './fold.ts'
import { packVector, unpackVector } from './vector.ts'

describe('folding', () => {
  it.for([
    ['Ｆｕｌｌ ﬁnance', 'full finance'],
    ['Çàfé NAÏVE Ångström', 'cafe naive angstrom'],
    ['STRASSE Straße', 'strasse strasse'],
    ['İSTANBUL Iğdır ılık', 'istanbul igdir ilik'],
    ['Đường ĐÀ NẴNG', 'duong da nang'],
    ['Ёлка йод', 'елка иод'],
    ['ΟΔΌΣ οδος Άλφα', 'οδοσ οδοσ αλφα'],
    ['كِتَابٌ إلى أحمد مدرسة على', 'كتاب الي احمد مدرسه علي'],
    ['१२ ٣٤ ๕๖ ７', '12 34 56 7'],
    ['फ़ोन हूँ', 'फोन हूं'],
    ['Ma\u00ADchine\u200B x\u200Dy', 'machine\u200B xy'],
  ])('makes %j and %j the same', ([written, plain]) => {
    expect(fold(written!)).toBe(plain)
    expect(fold(plain!)).toBe(plain)
  })

  it('leaves the vowel signs of Devanagari and Thai, which are letters of the word', () => {
    expect(fold('की')).not.toBe(fold('का'))
    expect(fold('ที่')).not.toBe(fold('ทา'))
  })
})

describe('the terms of a text', () => {
  const terms = (text: string) => new Set(analyze([{ text, weight: 1 }]).terms)
  const shared = (a: string, b: string) => [...terms(a)].filter((term) => terms(b).has(term)).length

  it('are the same however a word is written', () => {
    expect(terms('CAFÉ')).toEqual(terms('cafe'))
    expect(terms('ΛΌΓΟΣ')).toEqual(terms('λόγος'))
  })

  it('are shared by the forms of a word, and by compounds with their parts', () => {
    expect(shared('посылка', 'посылки')).toBeGreaterThanOrEqual(4)
    expect(shared('Wäschetrockner', 'Trockner')).toBeGreaterThanOrEqual(4)
    expect(shared('Trockner', 'Banane')).toBe(0)
  })

  it('hold the words of a sentence without spaces', () => {
    for (const [sentence, word] of [
      ['我忘记了密码', '密码'],
      ['ฉันลืมรหัสผ่าน', 'รหัส'],
      ['パスワードを忘れました', 'パスワード'],
    ])
      expect(shared(sentence!, word!)).toBeGreaterThanOrEqual(2)
  })

  it('count by the weight of their field, and no more than a byte holds', () => {
    const { counts, length } = analyze([
      { text: 'a', weight: 3 },
      { text: 'a '.repeat(300), weight: 1 },
    ])
    expect(length).toBe(303)
    expect([...counts]).toEqual([255])
  })

  it('come back from disk as they were, and not at all from another version', () => {
    const vector = analyze([{ text: 'Some words, to be packed and unpacked. 包装', weight: 2 }])
    const packed = packVector(vector, 1)
    expect(unpackVector(Buffer.concat([Buffer.alloc(3), packed]).subarray(3), 1)).toEqual(vector)
    expect(unpackVector(packed, 2)).toBeUndefined()
    expect(unpackVector(new Uint8Array(), 1)).toBeUndefined()
    expect(unpackVector(packed.subarray(0, -1), 1)).toBeUndefined()
  })

  it('of a question weigh its function words down, and no question is too long', () => {
    const { terms: asked, words } = analyzeQuery('How do I reset it?')
    expect(words).toHaveLength(1)
    expect(new Set(asked.values())).toEqual(new Set([0.2, 1]))
    expect(analyzeQuery('what is it').words).toHaveLength(3)
    expect(analyzeQuery('').terms.size).toBe(0)
    expect(analyzeQuery('word'.repeat(100_000)).terms.size).toBeLessThan(3_000)
  })
})
