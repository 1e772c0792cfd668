import { afterEach, describe, expect, it } from 'vitest'
import { startAside } from '@aside/server/testing/aside'
import { audit } from './testing/audit.ts'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { picture } from './testing/picture.ts'

describe.skipIf(!findBrowser())('what is offered', () => {
  let demo: Demo
  afterEach(() => demo?.close())

  it('from the minute in which business hours end is to leave a message, on a page that stays open', async () => {
    let now = Date.parse('2031-05-05T16:59:00Z')
    const day = [{ from: '09:00', to: '17:00' }]
    const week = { mon: day, tue: day, wed: day, thu: day, fri: day }
    demo = await openDemo({
      config: {
        features: { handoff: true },
        businessHours: { timeZone: 'UTC', week, closedMessage: 'We are back at nine.' },
      },
      startServer: () => startAside({ boot: { edge: { now: () => now } } }),
    })
    const { page, troubles, close } = await demo.visit('/script-tag')
    const chat = chatOfTag(page)
    await chat.open()
    await chat.ask('What survives a killed server?')
    await chat.answered()
    const closed = chat.panel.getByText('We are back at nine.')
    expect(await closed.count()).toBe(0)
    now += 60_000
    await closed.waitFor()
    await picture(page, 'closing')
    expect(await audit(page)).toEqual([])
    now += 16 * 3_600_000
    await expect.poll(() => closed.count()).toBe(0)
    expect(troubles).toEqual([])
    await close()
  })
})
