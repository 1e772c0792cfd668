/** What the main thread of a page did, out of a trace of Chromium. */
import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  /** Of the thread itself, in µs. */
  tdur?: number
  args?: { data?: { url?: string } }
}

/** A piece of work: when it began, and the processor time it took, in ms. */
type Work = readonly [at: number, ms: number]

export interface Trace {
  /** When the page called `performance.mark('bench-<name>')`. */
  mark(name: string): number
  /** Scripts that began between two moments, in ms: what they call is counted once, garbage collection included. */
  scriptMs(from: number, to: number): number
  /** The scripts of one file, in ms. */
  fileMs(name: string): number
  /** Tasks of the main thread that began between two moments, in ms each: scripts, styles, layout, paint. */
  tasks(from: number, to: number): number[]
}

const scripts = new Set([
  'v8.callFunction',
  'RunMicrotasks',
  'v8.run',
  'v8.evaluateModule',
  'v8.compile',
  'MinorGC',
  'MajorGC',
])

/** What names the file it belongs to. */
const files = new Set(['EvaluateScript', 'FunctionCall', 'v8.compile'])

/** Without what lies within another. Processor time, so that what else the machine does counts for nothing. */
function outermost(events: TraceEvent[]): Work[] {
  const found: Work[] = []
  let end = -Infinity
  for (const { ts, dur = 0, tdur = 0 } of events.toSorted((a, b) => a.ts - b.ts)) {
    if (ts < end) continue
    end = ts + dur
    found.push([ts / 1_000, tdur / 1_000])
  }
  return found
}

const between = (works: Work[], from: number, to: number): number[] =>
  works.flatMap(([at, ms]) => (at >= from && at < to ? [ms] : []))

/** Of the thread that ran the page's scripts, while `work` is done. */
export async function traced(browser: Browser, page: Page, work: () => Promise<void>): Promise<Trace> {
  const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing', 'v8']
  await browser.startTracing(page, { categories })
  await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const marks = traceEvents.filter(({ name, ph }) => name.startsWith('bench-') && 'IRn'.includes(ph))
  const { pid, tid } = marks[0] ?? {}
  const own = traceEvents.filter((it) => it.pid === pid && it.tid === tid && it.ph === 'X')
  const script = outermost(own.filter(({ name }) => scripts.has(name)))
  const tasks = outermost(own.filter(({ name }) => name === 'RunTask'))
  return {
    mark(name) {
      const found = marks.find((it) => it.name === `bench-${name}`)
      if (!found) throw new Error(`There is no mark ${name} in the trace`)
      return found.ts / 1_000
    },
    scriptMs: (from, to) => between(script, from, to).reduce((sum, ms) => sum + ms, 0),
    fileMs: (file) =>
      outermost(own.filter(({ name, args }) => files.has(name) && args?.data?.url?.endsWith(file))).reduce(
        (sum, [, ms]) => sum + ms,
        0,
      ),
    tasks: (from, to) => between(tasks, from, to),
  }
}
