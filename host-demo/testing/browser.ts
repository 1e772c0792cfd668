/** The browser the tests drive: Chromium, or Firefox where `ASIDE_BROWSER=firefox`. */
import process from 'node:process'
import type { Browser, Locator } from 'playwright-core'
import { findChromium, launchChromium } from './chromium.ts'
import { findFirefox, launchFirefox, preferencesOf, type Surroundings } from './firefox.ts'

const isFirefox = process.env['ASIDE_BROWSER'] === 'firefox'

/** The path of it, if this machine has it. */
export const findBrowser = (): string | undefined => (isFirefox ? findFirefox() : findChromium())

export interface Browsers {
  /** One whose pages can have these surroundings: started when it is first asked for. */
  for(surroundings: Surroundings): Promise<Browser>
  close(): Promise<void>
}

export function openBrowsers(): Browsers {
  const started = new Map<string, Promise<Browser>>()
  return {
    for(surroundings) {
      const preferences = isFirefox ? preferencesOf(surroundings) : {}
      const kind = JSON.stringify(preferences)
      const browser = started.get(kind) ?? (isFirefox ? launchFirefox(preferences) : launchChromium())
      started.set(kind, browser)
      return browser
    },
    async close() {
      await Promise.all([...started.values()].map(async (it) => (await it).close()))
    },
  }
}

/** A double click, or what a page hears of one: over WebDriver BiDi, Playwright's two clicks are two for Firefox. */
export const doubleClick = (target: Locator): Promise<void> =>
  isFirefox ? target.dispatchEvent('dblclick') : target.dblclick()

/**
 * What Chromium does by its DevTools protocol, and WebDriver BiDi has no command for. To type, Playwright puts functions of its own
 * into the page, which are not put there where the page has given all objects the names that this asks for.
 */
const beyondBidi = [
  'a slow network',
  'a page zoomed into',
  'the listeners of a page',
  'typing on a page that meddles with all objects',
  // Dragged it is as far as it should be; what comes after that is not. To be found: whether the widget or the driver is at fault.
  'a pointer that is pressed on a frame that moves',
] as const

/** For tests of one thing that this browser cannot be made to do or tell: `it.skipIf(lacks('a slow network'))`. */
export const lacks = (ability: (typeof beyondBidi)[number]): boolean => isFirefox && beyondBidi.includes(ability)
