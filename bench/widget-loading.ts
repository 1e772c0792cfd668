/** How soon there is a bubble, and how soon a chat: on a slow network and machine, and on a fast one that has been here before. */
import type { Page } from 'playwright-core'
import { traced } from './trace.ts'
import { medians, onStage, round, slowDown, slowNetwork, type Stage } from './stage.ts'

interface Seen {
  bubble?: number
  usable?: number
}

/** Notes when the bubble, and in the frame the place to write, was first drawn: in ms of the clock. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: Seen = {}
    Object.assign(window, { benchSeen: seen })
    const isFrame = window.parent !== window
    const find = () =>
      [...document.querySelectorAll(isFrame ? 'body > div' : 'html > div')].some((it) =>
        it.shadowRoot?.querySelector(isFrame ? 'textarea' : 'button'),
      )
    const look = () => {
      if (!find()) return requestAnimationFrame(look)
      // Drawn by the time the next task runs.
      const channel = new MessageChannel()
      channel.port1.onmessage = () => {
        seen[isFrame ? 'usable' : 'bubble'] = performance.timeOrigin + performance.now()
      }
      return requestAnimationFrame(() => channel.port2.postMessage(0))
    }
    requestAnimationFrame(look)
  })
}

const seenIn = async (page: Page, what: keyof Seen): Promise<number> => {
  for (let tries = 0; tries < 2_000; tries++) {
    const frame = what === 'usable' ? page.frames()[1] : page.mainFrame()
    const at: Seen | undefined = await frame?.evaluate(() => Reflect.get(window, 'benchSeen')).catch(() => undefined)
    if (at?.[what] !== undefined) return at[what]
    await page.waitForTimeout(10)
  }
  throw new Error(`Nothing was seen: ${what}`)
}

/** Without the pointer coming near first: nothing has been fetched ahead. */
const press = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const host = [...document.querySelectorAll('html > div')].find((it) => it.shadowRoot)
    const now = performance.timeOrigin + performance.now()
    host?.shadowRoot?.querySelector('button')?.click()
    return now
  })

async function cold({ visit, siteUrl }: Stage) {
  const page = await visit()
  await watch(page)
  await slowNetwork(page)
  await slowDown(page, 4)
  await page.goto(`${siteUrl}/script-tag`)
  const bubble = await seenIn(page, 'bubble')
  const { begun, tagFound } = await page.evaluate(() => {
    const found = performance.getEntriesByType('resource').find((it) => it.name.endsWith('embed.js'))
    return { begun: performance.timeOrigin, tagFound: performance.timeOrigin + (found?.startTime ?? Number.NaN) }
  })
  await page.waitForTimeout(1_500)
  const pressed = await press(page)
  const usable = await seenIn(page, 'usable')
  await page.context().close()
  return { bubbleMs: bubble - begun, bubbleAfterTagMs: bubble - tagFound, usableMs: usable - pressed }
}

async function warm({ visit, siteUrl, server }: Stage) {
  const page = await visit()
  await watch(page)
  let requests: number[] = []
  page.context().on('request', (request) => {
    if (request.url().startsWith(server.url)) requests.push(Date.now())
  })
  await page.goto(`${siteUrl}/script-tag`)
  await seenIn(page, 'bubble')
  await press(page)
  await seenIn(page, 'usable')
  await page.waitForTimeout(500)
  await page.evaluate(() => sessionStorage.clear())
  requests = []
  await page.reload()
  await seenIn(page, 'bubble')
  await page.waitForTimeout(500)
  const before = requests.length
  const pressed = await press(page)
  const usable = await seenIn(page, 'usable')
  const until = requests.filter((at) => at <= usable).length
  await page.context().close()
  return { usableMs: usable - pressed, requestsBeforeIntent: before, requestsUntilUsable: until }
}

/** What the tag's script takes of the main thread of a slow machine while nobody shows interest. */
async function idle({ browser, visit, siteUrl }: Stage) {
  const page = await visit()
  await slowDown(page, 4)
  const trace = await traced(browser, page, async () => {
    await page.goto(`${siteUrl}/script-tag`)
    await page.waitForTimeout(2_000)
    await page.evaluate(() => performance.mark('bench-end'))
  })
  await page.context().close()
  return { scriptMs: trace.fileMs('embed.js') }
}

async function several<T extends Record<string, number>>(runs: number, once: () => Promise<T>) {
  const all: T[] = []
  for (let run = 0; run < runs; run++) all.push(await once())
  const rows = Object.entries(medians(all)).map(([name, value]) => [name, round(value)] as const)
  return { runs, ...Object.fromEntries(rows) }
}

export const widgetLoading = () =>
  onStage('echo', async (stage) => ({
    slow4gAndSlowMachine: await several(7, () => cold(stage)),
    beforeIntent: await several(5, () => idle(stage)),
    warm: await several(7, () => warm(stage)),
  }))
