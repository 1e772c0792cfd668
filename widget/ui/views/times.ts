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

const PAUSE_MS = 30 * 60_000

/** Before which messages a line says when it was: the first, the first of a day, and the first after half an hour of silence. */
export function pausesBefore(messages: readonly { id: string; createdAt: string }[]): Set<string> {
  const first = new Set<string>()
  let before: Date | undefined
  for (const { id, createdAt } of messages) {
    const at = new Date(createdAt)
    if (!before || dayOf(at) !== dayOf(before) || at.getTime() - before.getTime() > PAUSE_MS) first.add(id)
    before = at
  }
  return first
}

/** The day, in words where it is near, and the time. */
export function describeMoment(instant: string, locale: string, words: Words, now = new Date()): string {
  const date = new Date(instant)
  const days = Math.round((dayOf(now) - dayOf(date)) / 86_400_000)
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(date)
  if (days <= 1) return `${days <= 0 ? words.today : words.yesterday} · ${time}`
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  const day = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'long', ...year }).format(date)
  return `${day} · ${time}`
}
