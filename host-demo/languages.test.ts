import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from './testing/audit.ts'
import { chatOfTag } from './testing/chat.ts'
import { findBrowser } from './testing/browser.ts'
import { type Demo, openDemo } from './testing/demo.ts'
import { picture } from './testing/picture.ts'

describe.skipIf(!findBrowser())('what an owner says in more than one language', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo?.close())

  it('is said in the visitor’s, offered in it, answered in it, and changes with it', async () => {
    const { page, troubles, close } = await demo.visit('/right-to-left')
    const chat = chatOfTag(page, 'المحادثة')
    await chat.open()
    const greeting = (text: string) => chat.panel.locator('.greeting', { hasText: text })
    await greeting('مصابيحنا').waitFor()
    expect(await chat.panel.locator('header').innerText()).toContain('اسأل عن المصابيح')
    expect(await chat.input.getAttribute('placeholder')).toBe('اكتب سؤالك …')
    expect(await chat.panel.locator('.welcome li').allInnerTexts()).toHaveLength(3)
    await picture(page, 'arabic-welcome')
    expect(await audit(page)).toEqual([])

    await page.evaluate("Aside('setLocale', 'en')")
    await greeting('I answer questions about Aside').waitFor()
    await chat.button('How do I put the chat on a page?').waitFor()
    await page.evaluate("Aside('setLocale', 'ar-EG')")
    await chat.button('ما طريقة العناية بالمصباح؟').click()
    expect(await chat.answered()).toContain('امسح الخشب بقطعة قماش جافة')
    await chat.button('هل يمكنني إرجاع المصباح؟').waitFor()
    await picture(page, 'arabic-answer')
    expect(await audit(page)).toEqual([])
    expect(troubles).toEqual([])
    await close()
  })

  it('labels the form and says when people are back', async () => {
    await demo.publish({
      features: { handoff: true },
      businessHours: { timeZone: 'UTC', week: {}, closedMessage: 'Back on Monday.' },
      preChat: [{ name: 'email', label: 'E-mail', type: 'email', required: true }],
      wordsByLocale: { ar: { closedMessage: 'نعود يوم الاثنين.', preChat: { email: 'بريدك الإلكتروني' } } },
    })
    const { page, troubles, close } = await demo.visit('/right-to-left')
    const chat = chatOfTag(page, 'المحادثة')
    await chat.open()
    await chat.panel.getByText('نعود يوم الاثنين.').waitFor()
    await chat.ask('ما طريقة العناية بالمصباح؟')
    await chat.panel.getByLabel('بريدك الإلكتروني').waitFor()
    await picture(page, 'arabic-form')
    expect(await audit(page)).toEqual([])
    expect(troubles).toEqual([])
    await close()
  })
})
