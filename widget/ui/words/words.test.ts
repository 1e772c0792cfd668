import { errorCodes } from '@aside/protocol'
import { describe, expect, it } from 'vitest'
import { type AllWords, enLater } from './en-later.ts'
import { chooseLocale, directionOf, en, loadWords, locales } from './index.ts'

describe.each(locales)('the words in %s', (locale) => {
  it('name every error code in plain language', async () => {
    const { errors } = await loadWords(locale)
    expect(Object.keys(errors).sort()).toEqual([...errorCodes].sort())
    for (const [code, words] of Object.entries(errors)) {
      expect(words, code).toMatch(/\S{2,} \S+/u)
      expect(words, code).not.toMatch(/_|\b(?:HTTP|API|JSON|\d{3})\b/)
    }
  })

  it('are all there', async () => {
    const words = (await loadWords(locale)) as AllWords
    expect(Object.keys(words).sort()).toEqual(Object.keys({ ...en, ...enLater }).sort())
    for (const [name, text] of Object.entries(words)) if (typeof text === 'string') expect(text, name).not.toBe('')
    for (const count of [0, 1, 2, 3, 11, 100]) {
      expect(words.place(count)).not.toMatch(/undefined|NaN/)
      expect(words.unread(count)).not.toMatch(/undefined|NaN/)
      expect(words.moved(count, count) + words.resized(count, count)).not.toMatch(/undefined|NaN/)
      expect(words.charsLeft(-count)).not.toMatch(/undefined|NaN|--/)
    }
  })
})

describe('a locale', () => {
  it('is the first wish there are words for', () => {
    expect(chooseLocale([undefined, 'fr-CA', 'de-AT', 'en'])).toBe('de-AT')
    expect(chooseLocale(['ja'])).toBe('en')
    // The owner may speak more languages than the widget.
    expect(chooseLocale(['fr-CA', 'de'], ['fr'])).toBe('fr-CA')
    expect(chooseLocale(['pt-PT', 'pt-br', 'de'], ['pt-BR'])).toBe('pt-br')
  })

  it('without words gets the English ones', async () => {
    expect(await loadWords('xx')).toEqual({ ...en, ...enLater })
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
