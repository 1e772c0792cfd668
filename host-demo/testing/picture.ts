/** Pictures of a page for people to look at, where a folder for them is given: `PICTURES=<folder>`. */
import process from 'node:process'
import type { Page } from 'playwright-core'

const folder = process.env['PICTURES']
const phone = { width: 390, height: 844 }

/** As it is, dark, and as a phone's screen: one file each. Leaves the page as it was. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!folder) return
  const before = page.viewportSize()
  const take = async (kind: string) => {
    await page.waitForTimeout(300)
    await page.screenshot({ path: `${folder}/${name}-${kind}.png` })
  }
  await take('light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await take('dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(phone)
  await take('phone')
  if (before) await page.setViewportSize(before)
}
