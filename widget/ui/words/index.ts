/** What the widget says, in the visitor's language: English at once, any other as soon as it is loaded. */
import type { LaterWords } from './en-later.ts'
import { en, type Words } from './en.ts'

export type { Words } from './en.ts'
export { en } from './en.ts'

/** The first English words are at hand; the others may not be there yet. */
export type KnownWords = Words & Partial<Omit<LaterWords, 'errors'>>

const others: Record<string, () => Promise<KnownWords>> = {
  en: () => import('./en-later.ts').then(({ enLater }) => ({ ...en, ...enLater })),
  ar: () => import('./ar.ts').then(({ ar }) => ar),
  de: () => import('./de.ts').then(({ de }) => de),
}

export const locales = Object.keys(others)

export const language = (locale: string): string => locale.toLowerCase().split(/[-_]/)[0] ?? ''

/** The words of a BCP 47 locale; English for a language there are none of, the first of them where no more can be had. */
export async function loadWords(locale: string): Promise<KnownWords> {
  return (await (others[language(locale)] ?? others['en'])?.().catch(() => en)) ?? en
}

/** The first wish there are words for, the widget's or the owner's (`own`, BCP 47); else `en`. */
export function chooseLocale(wishes: (string | undefined)[], own: string[] = []): string {
  const known = new Set([...locales, ...own.map((tag) => tag.toLowerCase())])
  return wishes.find((wish) => wish && (known.has(language(wish)) || known.has(wish.toLowerCase()))) ?? 'en'
}

const rightToLeft = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi'])
export const directionOf = (locale: string): 'ltr' | 'rtl' => (rightToLeft.has(language(locale)) ? 'rtl' : 'ltr')
