import { errorCodes } from '@aside/protocol'
import { describe, expect, it } from 'vitest'
import { en } from './en.ts'
import { en as later } from './later/en.ts'
import { others as laterWords } from './later/index.ts'
import { chooseLocale, directionOf, loadWords, locales } from './index.ts'

describe.each(locales)('the words in %s', (locale) => {
  it('name every error code in plain language', async () => {
    const { errors } = await loadWords(locale)
    expect(Object.keys(errors).sort()).toEqual([...errorCodes].sort())
    for (const [code, words] of Object.entries(errors)) {
      // Chinese and Japanese part their words by nothing.
      expect(words, code).toMatch(/\S{2,} \S+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{4}/u)
      expect(words, code).not.toMatch(/_|\b(?:HTTP|API|JSON|\d{3})\b/)
    }
  })

  it('are all there', async () => {
    const words = await loadWords(locale)
    expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort())
    for (const [name, text] of Object.entries(words)) if (typeof text === 'string') expect(text, name).not.toBe('')
    for (const count of [0, 1, 2, 3, 11, 100]) {
      expect(words.place(count)).not.toMatch(/undefined|NaN/)
      expect(words.unread(count)).not.toMatch(/undefined|NaN/)
      expect(words.moved(count, count) + words.resized(count, count)).not.toMatch(/undefined|NaN/)
      expect(words.charsLeft(-count)).not.toMatch(/undefined|NaN|--/)
    }
  })
})

describe.each(Object.keys(laterWords))('the words that come later in %s', (locale) => {
  it('are all there, and all its own', async () => {
    const { words } = await laterWords[locale]!()
    const own = JSON.stringify(Object.keys({ ...words, ...words.flaws }).sort())
    expect(own).toBe(JSON.stringify(Object.keys({ ...later, ...later.flaws }).sort()))
    for (const [name, text] of Object.entries({ ...words, ...words.flaws })) expect(text, name).not.toBe('')
    expect(words.scores).toHaveLength(5)
  })
})

it('the words that come later are there in every language of the others', () => {
  expect(['en', ...Object.keys(laterWords)].sort()).toEqual([...locales].sort())
})

describe('a locale', () => {
  it('is the first wish there are words for', () => {
    expect(chooseLocale([undefined, 'sw-KE', 'de-AT', 'en'])).toBe('de-AT')
    expect(chooseLocale(['sw'])).toBe('en')
    // The owner may speak more languages than the widget.
    expect(chooseLocale(['sw-KE', 'de'], ['sw'])).toBe('sw-KE')
    expect(chooseLocale(['sw-TZ', 'sw-ke', 'de'], ['sw-KE'])).toBe('sw-ke')
  })

  it('without words gets the English ones', async () => {
    expect(await loadWords('xx')).toEqual(en)
  })

  it('says which way it runs', () => {
    expect(['ar', 'ar-EG', 'he', 'fa_IR', 'en', 'de-CH'].map(directionOf)).toEqual([
      'rtl',
      'rtl',
      'rtl',
      'rtl',
      'ltr',
      'ltr',
    ])
  })
})
