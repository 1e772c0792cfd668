/**
 * The Firefox of the machine, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi): playwright-core knows only a
 * Firefox of its own make.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import puppeteer, { type Browser, type ElementHandle, type Frame, type Page } from 'puppeteer-core'

/** `ASIDE_FIREFOX`, else the first Firefox on the path. */
export function findFirefox(): string | undefined {
  const given = process.env['ASIDE_FIREFOX']
  if (given) return existsSync(given) ? given : undefined
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/snap/bin']
  const macs = ['/Applications/Firefox.app/Contents/MacOS/firefox']
  return [...folders.flatMap((it) => [join(it, 'firefox-esr'), join(it, 'firefox')]), ...macs].find((it) =>
    existsSync(it),
  )
}

export function launchFirefox(): Promise<Browser> {
  const executablePath = findFirefox()
  if (!executablePath) throw new Error('There is no Firefox: apt-get install firefox-esr, or ASIDE_FIREFOX=/path/to/it')
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true })
}

export interface FirefoxChat {
  /** What is there by this selector, behind whatever shadow roots; waited for. */
  find(selector: string): Promise<ElementHandle<HTMLElement>>
  ask(text: string): Promise<void>
  /** The text of the last answer so far. */
  text(): Promise<string>
  /** The same once as many answers as asked for are complete. */
  answered(count?: number): Promise<string>
}

const patience = { timeout: 30_000 }

/** The chat in the frame of the tag, once there is one, or on the page itself. */
export async function chatIn(page: Page, isTag: boolean): Promise<FirefoxChat> {
  const place: Frame = isTag
    ? await page.waitForFrame((it) => it.url().includes('/embed/'), patience)
    : page.mainFrame()
  const find = async (selector: string) => {
    const found = await place.waitForSelector(`>>> ${selector}`, { ...patience, visible: true })
    return found as ElementHandle<HTMLElement> // a selector of one's own is no tag name to the types
  }
  const answers = () => place.$$('>>> article.answer')
  const text = async () => {
    const last = (await answers()).at(-1)
    const drawn = await last?.$('.md')
    return (await drawn?.evaluate((it) => it.textContent)) ?? ''
  }
  return {
    find,
    text,
    async ask(question) {
      const input = await find('textarea')
      await input.focus()
      await page.keyboard.type(question)
      await page.keyboard.press('Enter')
    },
    async answered(count = 1) {
      for (const until = Date.now() + patience.timeout; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const done = await Promise.all((await answers()).map((it) => it.$('.actions')))
        if (done.filter(Boolean).length >= count) return text()
        if (Date.now() > until) throw new Error(`There are ${done.length} answers, the last says: ${await text()}`)
      }
    },
  }
}
