/** `pnpm bench [section …]`: measures, prints, and writes `bench/results/<time>.json`. All sections where none is named. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { keyCheck } from './access.ts'
import { measureBurst, measureCrowd, measureIdle, measureMemory, measureOverload, measurePosts } from './load.ts'
import { lighthouseScores } from './lighthouse.ts'
import { type Child, pinned, type ServerUnderMeasure, startModel, startServer } from './process.ts'
import { retrieval } from './retrieval.ts'
import { measureStreams } from './streams.ts'
import { sizes } from '../scripts/sizes.ts'
import { widgetDrawing } from './widget-drawing.ts'
import { widgetLoading } from './widget-loading.ts'
import { widgetThread } from './widget-thread.ts'

/** Each on a fresh server: what one leaves in memory is not the next one's. */
async function onServer<T>(
  work: (server: ServerUnderMeasure, model: Child) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  const model = await startModel()
  const server = await startServer(model.url, env)
  try {
    return await work(server, model)
  } finally {
    await server.stop()
    await model.stop()
  }
}

const sections: Record<string, () => Promise<unknown>> = {
  sizes: async () =>
    sizes().map(({ what, bytes, budget }) => ({ what, bytes, ...(budget === undefined ? {} : { budget }) })),
  streams: async () => {
    const figures = []
    for (const streams of [1, 100, 500, 1_000]) {
      figures.push(await onServer((server, model) => measureStreams(server, model, streams)))
      console.log(figures.at(-1))
    }
    return figures
  },
  crowd: () => onServer((server) => measureCrowd(server, 1_000, 300, 24_000)),
  burst: () => onServer((server) => measureBurst(server, 100)),
  overload: () =>
    onServer((server) => measureOverload(server, 400), { ASIDE_MAX_TURNS: '200', ASIDE_MAX_QUEUED_TURNS: '50' }),
  posts: () => onServer((server) => measurePosts(server, 50, 10_000)),
  idle: () => onServer((server) => measureIdle(server, 1_000)),
  memory: () => onServer((server) => measureMemory(server, 300, 1_000)),
  keys: keyCheck,
  retrieval,
  'widget-drawing': () => widgetDrawing(),
  'widget-loading': widgetLoading,
  'widget-thread': widgetThread,
  lighthouse: lighthouseScores,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in sections))
if (unknown.length > 0) {
  console.error(`bench: no such section: ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`)
  process.exit(2)
}
const results: Record<string, unknown> = {
  at: new Date().toISOString(),
  node: process.version,
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  pinned,
  /** Above the number of processors, others were at work, and what is measured by the clock says little. */
  load: loadavg()[0],
}
for (const name of asked.length > 0 ? asked : Object.keys(sections)) {
  console.log(`\n${name} …`)
  results[name] = await sections[name]!()
  console.log(results[name])
}
const folder = join(import.meta.dirname, 'results')
mkdirSync(folder, { recursive: true })
const file = join(folder, `${String(results['at']).replace(/[:.]/g, '-')}.json`)
writeFileSync(file, JSON.stringify(results, null, 2) + '\n')
console.log(`\nwritten to ${file}`)
process.exit()
