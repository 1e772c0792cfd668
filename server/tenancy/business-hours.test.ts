import { expect, it } from 'vitest'
import { isOpen } from './business-hours.ts'

const week = {
  mon: [
    { from: '09:00', to: '12:30' },
    { from: '14:00', to: '18:00' },
  ],
  sat: [{ from: '00:00', to: '23:59' }],
}
const at = (instant: string, timeZone = 'Europe/Berlin') => isOpen({ timeZone, week }, Date.parse(instant))

it('is open from the first minute of a time to before its last, by the clock of the place', () => {
  expect(at('2026-06-01T06:59:59Z')).toBe(false)
  expect(at('2026-06-01T07:00:00Z')).toBe(true)
  expect(at('2026-06-01T10:29:59Z')).toBe(true)
  expect(at('2026-06-01T10:30:00Z')).toBe(false)
  expect(at('2026-06-01T12:00:00Z')).toBe(true)
})

it('follows summer time, and the day of the place', () => {
  expect(at('2026-01-05T08:00:00Z')).toBe(true)
  expect(at('2026-01-05T07:30:00Z')).toBe(false)
  expect(at('2026-06-05T23:30:00Z')).toBe(true)
  expect(at('2026-06-05T23:30:00Z', 'UTC')).toBe(false)
  expect(at('2026-06-05T15:00:00Z', 'Pacific/Auckland')).toBe(true)
})

it('is closed on a day that is left out', () => {
  expect(at('2026-06-02T09:00:00Z')).toBe(false)
})
