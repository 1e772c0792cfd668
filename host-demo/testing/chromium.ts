/** The browser of the machine, driven by playwright-core: nothing is downloaded. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** `ASIDE_CHROMIUM`, else the first Chromium or Chrome on the path. */
export function findChromium(): string | undefined {
  const given = process.env['ASIDE_CHROMIUM']
  if (given) return existsSync(given) ? given : undefined
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/snap/bin']
  const macs = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...macs].find((it) => existsSync(it))
}

/** `without`: of what the driver tells every browser by itself. */
export function launchChromium(args: string[] = [], without: string[] = []): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('There is no Chromium: apt-get install chromium, or ASIDE_CHROMIUM=/path/to/it')
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', ...quiet, ...args],
    ignoreDefaultArgs: without,
  })
}
