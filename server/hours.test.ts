import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppConfig, readSettings } from '@aside/protocol'
import { type Aside, startAside, type Visitor } from './testing/aside.ts'
import { stores } from './testing/stores.ts'

const day = [{ from: '09:00', to: '17:00' }]
const week = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day }
const office: AppConfig = {
  features: { handoff: true },
  businessHours: { timeZone: 'UTC', week, closedMessage: 'Back at nine.' },
}
const closed = { reason: 'closed', message: 'Back at nine.' }
const SOON_MS = 5_000

describe.for(stores)('business hours, for whoever has the chat open on %s', (store) => {
  let aside: Aside
  let now = 0
  const at = (clock: string) => (now = Date.parse(`2031-05-05T${clock}:30Z`))
  beforeAll(async () => {
    at('12:00')
    aside = await startAside({ store, boot: { edge: { now: () => now } } })
  })
  afterAll(() => aside?.stop())

  const told = (reading: ReturnType<Visitor['follow']>) =>
    reading.events.flatMap((it) => (it.name === 'config-updated' ? [it.payload.settings.away] : []))

  it('end and begin while a page stays open, and are told once', async () => {
    at('12:00')
    const { visitor, app } = await aside.owner(office)
    const anna = await visitor()
    expect(anna.session.settings.away).toBeUndefined()
    const reading = anna.follow()
    await expect.poll(() => told(reading), { timeout: SOON_MS }).toEqual([undefined])
    at('17:00')
    await expect.poll(() => told(reading), { timeout: SOON_MS }).toEqual([undefined, closed])
    expect((await anna.client.call(readSettings, { params: { appId: app.id } })).away).toEqual(closed)
    at('08:59')
    now += 86_400_000 + 60_000
    await expect.poll(() => told(reading), { timeout: SOON_MS }).toEqual([undefined, closed, undefined])
    reading.close()
  })

  it('are told to whoever comes back, for they may have slept through the change', async () => {
    at('12:00')
    const { visitor } = await aside.owner(office)
    const anna = await visitor()
    const { cursor } = await anna.messages(await anna.conversation())
    at('18:00')
    const reading = anna.follow({ after: cursor })
    await expect.poll(() => told(reading), { timeout: SOON_MS }).toEqual([closed])
    reading.close()
  })

  it('are nobody’s where the app has none, or no question is taken anyway', async () => {
    for (const config of [{}, { ...office, features: { handoff: true, chat: false } }]) {
      at('12:00')
      const { visitor } = await aside.owner(config)
      const anna = await visitor()
      const reading = anna.follow()
      await reading.until('session-ready')
      at('18:00')
      // Another app's are told meanwhile.
      const other = await aside.owner(office)
      const beside = (await other.visitor()).follow()
      await expect.poll(() => told(beside), { timeout: SOON_MS }).toEqual([closed])
      expect(told(reading)).toEqual([])
      for (const it of [reading, beside]) it.close()
    }
  })
})
