/** Drawing a long answer on a slow machine: what a token costs, whether it costs more late than early, and what is dropped. */
import { chatOfTag } from '../host-demo/testing/chat.ts'
import { FRAME_MS, framesWhile, median, onStage, round, slowDown, type Stage } from './stage.ts'
import { traced } from './trace.ts'
import { quantile } from './visitor.ts'

const TOKENS = 4_000
const MS_PER_TOKEN = 10
const SLOWER = 4
/** The server says at most as much as fits a frame: a slice is long enough to hold the same number of tokens each time. */
const SLICE_MS = 100

async function draw({ browser, visit }: Stage) {
  const page = await visit('/script-tag')
  const chat = chatOfTag(page)
  await chat.open()
  const mark = (name: string) => page.evaluate((it) => performance.mark(`bench-${it}`), name)
  await slowDown(page, SLOWER)
  // What a page at rest drops is the machine's.
  const atRest = await framesWhile(page, () => page.waitForTimeout(5_000))
  let frames = atRest
  const trace = await traced(browser, page, async () => {
    await chat.ask('Tell me everything')
    await chat.answers.first().locator('.md').waitFor()
    await mark('begin')
    frames = await framesWhile(page, () => page.waitForTimeout(TOKENS * MS_PER_TOKEN - 1_500))
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
    const all: Awaited<ReturnType<typeof draw>>[] = []
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
