import type { AppConfig } from '@aside/protocol'

type Hours = NonNullable<AppConfig['businessHours']>

/** Whether it is within business hours at `now` (milliseconds), by the clock of their own time zone. */
export function isOpen({ timeZone, week }: Hours, now: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now)
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.find((it) => it.type === type)?.value ?? ''
  const times = new Map(Object.entries(week)).get(read('weekday').toLowerCase()) ?? []
  const clock = `${read('hour')}:${read('minute')}`
  return times.some(({ from, to }) => from <= clock && clock < to)
}
