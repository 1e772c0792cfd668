/** Drawing a long answer on a slow machine: what a token costs, whether it costs more late than early, and what is dropped. */
import type { Page } from 'playwright-core'
import { chatOfTag } from '../host-demo/testing/chat.ts'
import { median, onStage, round, slowDown, type Stage } from './stage.ts'
import { traced } from './trace.ts'
import { quantile } from './visitor.ts'

const TOKENS = Number(process.env.T ?? 4_000)
const MS_PER_TOKEN = 10
const SLOWER = 4
/** The server says at most as much as fits a frame: a slice is long enough to hold the same number of tokens each time. */
const SLICE_MS = 100

const FRAME_MS = 1_000 / 60

/** When the page's frames were, since `beginFrames`. */
export const beginFrames = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const frames: number[] = []
    Object.assign(window, { benchFrames: frames })
    const note = (at: number) => {
      frames.push(at)
      requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
  })

export async function endFrames(page: Page): Promise<{ frames: number; dropped: number; longestMs: number }> {
  const at: number[] = await page.evaluate(() => Reflect.get(window, 'benchFrames'))
  const gaps = at.slice(1).map((it, nth) => it - at[nth]!)
  const dropped = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / FRAME_MS) - 1), 0)
  return { frames: gaps.length, dropped, longestMs: round(Math.max(0, ...gaps)) }
}

async function draw({ browser, visit }: Stage) {
  const page = await visit('/script-tag')
  const chat = chatOfTag(page)
  await chat.open()
  const mark = (name: string) => page.evaluate((it) => performance.mark(`bench-${it}`), name)
  await slowDown(page, SLOWER)
  // What a page at rest drops is the machine's.
  await beginFrames(page)
  await page.waitForTimeout(5_000)
  const atRest = await endFrames(page)
  let frames = atRest
  const trace = await traced(browser, page, async () => {
    await chat.ask('Tell me everything')
    await chat.answers.first().locator('.md').waitFor()
    await mark('begin')
    await beginFrames(page)
    await page.waitForTimeout(TOKENS * MS_PER_TOKEN - 1_500)
    frames = await endFrames(page)
    await mark('end')
    await chat.answered()
  })
  await page.context().close()
  const [begin, end] = [trace.mark('begin'), trace.mark('end')]
  const slices = Array.from({ length: Math.floor((end - begin) / SLICE_MS) }, (_, nth) => begin + nth * SLICE_MS)
  const perToken = slices.map((at) => trace.scriptMs(at, at + SLICE_MS) / (SLICE_MS / MS_PER_TOKEN))
  const quarter = Math.floor(perToken.length / 4)
  const tasks = trace.tasks(begin, end)
  return {
    perToken,
    first: perToken.slice(0, quarter),
    last: perToken.slice(-quarter),
    work: (tasks.reduce((sum, ms) => sum + ms, 0) * MS_PER_TOKEN) / (end - begin),
    late: tasks.filter((ms) => ms > FRAME_MS).length,
    longest: Math.max(...tasks),
    frames,
    atRest,
  }
}

export const widgetDrawing = (runs = 3) =>
  onStage(`essay:${TOKENS}:${MS_PER_TOKEN}`, async (stage) => {
    const all = []
    for (let run = 0; run < runs; run++) all.push(await draw(stage))
    const over = (value: (it: (typeof all)[number]) => number, digits = 2) => round(median(all.map(value)), digits)
    return {
      tokens: TOKENS,
      tokensPerSecond: 1_000 / MS_PER_TOKEN,
      cpu: `${SLOWER} × slower`,
      runs,
      scriptMsPerToken: {
        p50: over((it) => quantile(it.perToken, 0.5)),
        p95: over((it) => quantile(it.perToken, 0.95)),
        firstQuarter: over((it) => quantile(it.first, 0.5)),
        lastQuarter: over((it) => quantile(it.last, 0.5)),
        firstQuarterP95: over((it) => quantile(it.first, 0.95)),
        lastQuarterP95: over((it) => quantile(it.last, 0.95)),
      },
      mainThreadMsPerToken: over((it) => it.work),
      tasksLongerThanAFrame: over((it) => it.late, 0),
      longestTaskMs: over((it) => it.longest, 1),
      droppedFramesInAThousand: over((it) => (1_000 * it.frames.dropped) / (it.frames.frames + it.frames.dropped), 1),
      droppedAtRestInAThousand: over((it) => (1_000 * it.atRest.dropped) / (it.atRest.frames + it.atRest.dropped), 1),
    }
  })
