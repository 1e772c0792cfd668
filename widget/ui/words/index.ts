/** What the widget says, in the visitor's language: the first screen in English at once, all else as soon as it is loaded. */
import type { ErrorCode } from '@aside/protocol'
import type { Words } from './en.ts'
import { first, firstErrors } from './first.ts'

export type { Words } from './en.ts'

/** What there is at once. All of it is optional but what the first screen says, which is all that is on the screen then. */
export const firstWords = { ...first, errors: firstErrors } as unknown as Words

const all: Record<string, () => Promise<{ words: Words }>> = {
  en: () => import('./en.ts'),
  ar: () => import('./ar.ts'),
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  it: () => import('./it.ts'),
  ja: () => import('./ja.ts'),
  nl: () => import('./nl.ts'),
  pt: () => import('./pt.ts'),
  ru: () => import('./ru.ts'),
  tr: () => import('./tr.ts'),
  zh: () => import('./zh.ts'),
}

export const locales = Object.keys(all)

export const language = (locale: string): string => locale.toLowerCase().split(/[-_]/)[0] ?? ''

/** Can the first screen be drawn in it without anything more? */
export const isBuiltIn = (locale: string): boolean => language(locale) === 'en' || !all[language(locale)]

/** The words of a BCP 47 locale; English for a language there are none of, and for its first screen alone where they cannot be loaded. */
export async function loadWords(locale: string): Promise<Words> {
  return (all[language(locale)] ?? all['en']!)().then(
    ({ words }) => words,
    () => firstWords,
  )
}

/** In words, also before there are words for it. */
export const explain = ({ errors }: Words, code: ErrorCode): string => errors[code] ?? errors.internal

/** The first wish there are words for, the widget's or the owner's (`own`, BCP 47); else `en`. */
export function chooseLocale(wishes: (string | undefined)[], own: string[] = []): string {
  const known = new Set([...locales, ...own.map((tag) => tag.toLowerCase())])
  return wishes.find((wish) => wish && (known.has(language(wish)) || known.has(wish.toLowerCase()))) ?? 'en'
}

const rightToLeft = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi'])
export const directionOf = (locale: string): 'ltr' | 'rtl' => (rightToLeft.has(language(locale)) ? 'rtl' : 'ltr')
