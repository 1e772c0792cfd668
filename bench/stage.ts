/** The demo as a visitor meets it: a production server, the shop beside it, and a Chromium that may use every core. */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { createClient } from '@aside/protocol'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { seedDemo } from '../host-demo/seed.ts'
import { startSite } from '../host-demo/server.ts'
import { launchChromium } from '../host-demo/testing/chromium.ts'
import { pinned, type ServerUnderMeasure, startModel, startServer } from './process.ts'
import { quantile } from './visitor.ts'

export interface Stage {
  readonly server: ServerUnderMeasure
  readonly browser: Browser
  readonly siteUrl: string
  readonly tenantId: string
  /** The page of `path` in a browser of its own, before anything is loaded where `path` is left out. */
  visit(path?: string, options?: BrowserContextOptions): Promise<Page>
}

export interface Frames {
  frames: number
  dropped: number
  perSecond: number
  longestMs: number
}

/** Every section begins with a fresh store. `model` answers, as the scripted model knows it. */
export async function onStage<T>(
  model: string,
  work: (stage: Stage) => Promise<T>,
  chromiumArgs: string[] = [],
): Promise<T> {
  const closers: (() => Promise<unknown>)[] = []
  try {
    const models = await startModel()
    closers.push(() => models.stop())
    const server = await startServer(models.url)
    closers.push(() => server.stop())
    const site = await startSite()
    closers.push(() => site.close())
    const operator = createClient({ baseUrl: server.url, token: () => server.operatorToken })
    const documents = [{ name: 'docs/embed.md', text: '# Embedding\n\nPaste one script tag.\n' }]
    const { app, secondApp } = await seedDemo(operator, [site.url], { documents, config: { model } })
    site.embed({ server: server.url, app: app.id, secondApp: secondApp.id })
    if (pinned) spawnSync('taskset', ['-cp', `0-${cpus().length - 1}`, String(process.pid)])
    const browser = await launchChromium(chromiumArgs)
    if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])
    closers.push(() => browser.close())
    return await work({
      server,
      browser,
      siteUrl: site.url,
      tenantId: app.tenantId,
      async visit(path, options) {
        const context = await browser.newContext({
          viewport: { width: 1_280, height: 800 },
          locale: 'en-GB',
          ...options,
        })
        const page = await context.newPage()
        page.setDefaultTimeout(120_000)
        if (path !== undefined) await page.goto(`${site.url}${path}`)
        return page
      },
    })
  } finally {
    while (closers.length > 0) await closers.pop()?.()
  }
}

export const round = (value: number, digits = 1): number => Number(value.toFixed(digits))
export const median = (values: number[]): number => quantile(values, 0.5)

/** The median of each figure over the runs. */
export function medians<T extends Record<string, number>>(runs: T[]): Record<keyof T, number> {
  const names: (keyof T)[] = Object.keys(runs[0] ?? {})
  const rows = names.map((name) => [name, median(runs.map((it) => it[name]!))] as const)
  return Object.fromEntries(rows) as Record<keyof T, number> // `fromEntries` forgets the names
}

/** A slower machine, for everything the page's process does. */
export async function slowDown(page: Page, times: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: times })
}

/** Lighthouse's slow 4G: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
export async function slowNetwork(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: (1.6 * 1_000_000) / 8,
    uploadThroughput: (750 * 1_000) / 8,
  })
}

export const FRAME_MS = 1_000 / 60

/** How many frames the page drew meanwhile, and how many it missed. */
export async function framesWhile(page: Page, work: () => Promise<unknown>): Promise<Frames> {
  await page.evaluate(() => {
    const frames: number[] = []
    Object.assign(window, { benchFrames: frames })
    const note = (at: number) => {
      frames.push(at)
      if (Reflect.get(window, 'benchFrames') === frames) requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
  })
  await work()
  const at: number[] = await page.evaluate(() => {
    const frames = Reflect.get(window, 'benchFrames')
    Reflect.deleteProperty(window, 'benchFrames')
    return frames
  })
  const gaps = at.slice(1).map((it, nth) => it - at[nth]!)
  const dropped = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / FRAME_MS) - 1), 0)
  const ms = at.length > 1 ? at.at(-1)! - at[0]! : Number.NaN
  return {
    frames: gaps.length,
    dropped,
    perSecond: round((1_000 * gaps.length) / ms),
    longestMs: round(Math.max(0, ...gaps)),
  }
}
