import type { Words } from '../words/index.ts'

const dayOf = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

/** As short as it is clear: the time today, `Yesterday`, else the date. */
export function describeTime(instant: string, locale: string, words: Words, now = new Date()): string {
  const date = new Date(instant)
  const days = Math.round((dayOf(now) - dayOf(date)) / 86_400_000)
  if (days <= 0) return new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(date)
  if (days === 1) return words.yesterday
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...year }).format(date)
}
