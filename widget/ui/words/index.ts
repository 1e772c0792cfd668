/** What the widget says, in the visitor's language: English at once, any other as soon as it is loaded. */
import type { LaterWords } from './en-later.ts'
import { en, type Words } from './en.ts'

export type { Words } from './en.ts'
export { en } from './en.ts'

/** English is at hand without the words of the parts that come later: they bring those. */
export type KnownWords = Words & Partial<LaterWords>

const others: Record<string, () => Promise<KnownWords>> = {
  ar: () => import('./ar.ts').then(({ ar }) => ar),
  de: () => import('./de.ts').then(({ de }) => de),
}

export const locales = ['en', ...Object.keys(others)]

const language = (locale: string): string => locale.toLowerCase().split(/[-_]/)[0] ?? ''

/** The words of a BCP 47 locale; English for a language there are none of, or that could not be loaded. */
export async function loadWords(locale: string): Promise<KnownWords> {
  return (await others[language(locale)]?.().catch(() => en)) ?? en
}

/** The first wish there are words for, the widget's or the owner's (`own`, BCP 47); else `en`. */
export function chooseLocale(wishes: (string | undefined)[], own: string[] = []): string {
  const known = new Set([...locales, ...own.map((tag) => tag.toLowerCase())])
  return wishes.find((wish) => wish && (known.has(language(wish)) || known.has(wish.toLowerCase()))) ?? 'en'
}

const rightToLeft = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi'])
export const directionOf = (locale: string): 'ltr' | 'rtl' => (rightToLeft.has(language(locale)) ? 'rtl' : 'ltr')
