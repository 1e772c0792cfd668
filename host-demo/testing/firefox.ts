/**
 * The Firefox of the machine, driven by playwright-core over WebDriver BiDi (https://w3c.github.io/webdriver-bidi): nothing is
 * downloaded, and nothing of it is patched, as of Playwright's own Firefox.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { type Browser, type BrowserContextOptions, firefox } from 'playwright-core'

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

/** What a page may ask of its surroundings. Firefox has it for a whole browser, not for one page of it. */
export type Surroundings = Pick<BrowserContextOptions, 'colorScheme' | 'contrast' | 'forcedColors' | 'hasTouch'>

/** Pages of one that is launched with the same preferences see the same. */
export function preferencesOf({ colorScheme, contrast, forcedColors, hasTouch }: Surroundings): Preferences {
  // The bits of a finger (1), or of a mouse: fine (2) and able to hover (4). Without a screen there is neither.
  const pointer = hasTouch ? 1 : 6
  return {
    'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1,
    // 1: the colours of the page though the theme is one of high contrast. 2: never those of the page.
    'browser.display.document_color_use': forcedColors === 'active' ? 2 : 1,
    'ui.useAccessibilityTheme': contrast === 'more' || forcedColors === 'active' ? 1 : 0,
    // The theme of no screen has a selection that is too pale for its own white text.
    'ui.highlight': '#0050b0',
    'ui.primaryPointerCapabilities': pointer,
    'ui.allPointerCapabilities': pointer,
    // All sites in one process: keys reach only frames of the process that the page itself is in.
    'fission.webContentIsolationStrategy': 0,
    // As Chromium without a screen has them, in no place of their own.
    'ui.useOverlayScrollbars': 1,
  }
}

export type Preferences = Record<string, number | string>

export function launchFirefox(firefoxUserPrefs: Preferences): Promise<Browser> {
  const executablePath = findFirefox()
  if (!executablePath) throw new Error('There is no Firefox: apt-get install firefox-esr, or ASIDE_FIREFOX=/path/to/it')
  return firefox.launch({ executablePath, channel: 'moz-firefox', firefoxUserPrefs })
}
