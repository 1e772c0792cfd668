import { expect, it } from 'vitest'
import { en } from '../words/en.ts'
import { describeMoment, describeTime, pausesBefore } from './times.ts'

const now = new Date(2026, 10, 21, 18, 35)
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()

it('says when it was, the shorter the nearer', () => {
  const said = (instant: string) => [describeTime(instant, 'en-GB', en, now), describeMoment(instant, 'en-GB', en, now)]
  expect(said(at(2026, 10, 21, 9, 5))).toEqual(['09:05', 'Today · 09:05'])
  expect(said(at(2026, 10, 20, 23, 59))).toEqual(['Yesterday', 'Yesterday · 23:59'])
  expect(said(at(2026, 10, 19, 12, 0))).toEqual(['19 Nov', 'Thu 19 November · 12:00'])
  expect(said(at(2025, 10, 19, 12, 0))).toEqual(['19 Nov 2025', 'Wed, 19 November 2025 · 12:00'])
  // A server's clock may be ahead.
  expect(said(at(2026, 10, 22, 0, 1))).toEqual(['00:01', 'Today · 00:01'])
})

it('says it again after a night, and after half an hour of silence', () => {
  const messages = [
    { id: 'a', createdAt: at(2026, 10, 20, 23, 50) },
    { id: 'b', createdAt: at(2026, 10, 20, 23, 59) },
    { id: 'c', createdAt: at(2026, 10, 21, 0, 1) },
    { id: 'd', createdAt: at(2026, 10, 21, 0, 30) },
    { id: 'e', createdAt: at(2026, 10, 21, 1, 1) },
  ]
  expect([...pausesBefore(messages)]).toEqual(['a', 'c', 'e'])
  expect([...pausesBefore([])]).toEqual([])
})
