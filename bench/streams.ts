/** Answers streaming at once: what the server adds to the first token, and what a token costs it. */
import type { Child, ServerUnderMeasure } from './process.ts'
import { askModel, createBenchApp, createVisitor, quantile, type Seen } from './visitor.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export interface StreamFigures {
  streams: number
  tokensPerSecond: number
  directFirstTokenMs: { p50: number; p99: number }
  asideFirstTokenMs: { p50: number; p95: number; p99: number }
  addedMs: { p50: number; p99: number }
  cpuPerTokenUs: number
  cpuShare: number
  kbPerStream: number
  lost: number
}

const TOKENS = 400
const MS_PER_TOKEN = 20

/**
 * `streams` askers keep an answer of 400 tokens at 50 tokens/s running each; those asked in the last two thirds count, when
 * all are under way. The same is put to the model directly, before, in the same run.
 */
export async function measureStreams(
  server: ServerUnderMeasure,
  model: Child,
  streams: number,
  idle = 0,
): Promise<StreamFigures> {
  const name = `tokens:${TOKENS}:${MS_PER_TOKEN}`
  const answerMs = TOKENS * MS_PER_TOKEN
  const rounds = 3
  const askers = async (ask: (i: number) => Promise<Seen>): Promise<Seen[]> => {
    const seen: Seen[] = []
    await Promise.all(
      Array.from({ length: streams }, async (_, i) => {
        await sleep((answerMs * i) / streams)
        for (let round = 0; round < rounds; round++) {
          const it = await ask(i)
          if (round > 0) seen.push(it)
        }
      }),
    )
    return seen
  }

  const direct = (await askers(() => askModel(model.url, name))).map((it) => it.firstTokenMs)
  const appId = await createBenchApp(server, name)
  const before = server.rssBytes()
  const idlers = await inBatches(idle, () => createVisitor(server.url, appId))
  const visitors = await inBatches(streams, () => createVisitor(server.url, appId))
  const charsPerToken = (await visitors[0]!.ask()).chars / TOKENS

  const total = () => visitors.reduce((sum, it) => sum + it.chars(), 0)
  let window = { cpuMs: 0, tokens: 0, ms: 0, peakBytes: 0 }
  const measured = (async () => {
    await sleep(answerMs + 1_000)
    const [cpu, chars, at] = [server.cpuMs(), total(), performance.now()]
    const end = at + answerMs * (rounds - 1) - 2_000
    let peakBytes = 0
    while (performance.now() < end) {
      await sleep(250)
      peakBytes = Math.max(peakBytes, server.rssBytes())
    }
    window = {
      cpuMs: server.cpuMs() - cpu,
      tokens: (total() - chars) / charsPerToken,
      ms: performance.now() - at,
      peakBytes,
    }
  })()
  const seen = await askers((i) => visitors[i]!.ask())
  await measured
  for (const it of [...visitors, ...idlers]) it.close()

  const first = seen.map((it) => it.firstTokenMs).filter(Number.isFinite)
  const at = (values: number[], q: number) => Number(quantile(values, q).toFixed(2))
  return {
    streams,
    tokensPerSecond: Math.round((window.tokens / window.ms) * 1_000),
    directFirstTokenMs: { p50: at(direct, 0.5), p99: at(direct, 0.99) },
    asideFirstTokenMs: { p50: at(first, 0.5), p95: at(first, 0.95), p99: at(first, 0.99) },
    addedMs: {
      p50: Number((at(first, 0.5) - at(direct, 0.5)).toFixed(2)),
      p99: Number((at(first, 0.99) - at(direct, 0.99)).toFixed(2)),
    },
    cpuPerTokenUs: Number(((window.cpuMs * 1_000) / window.tokens).toFixed(1)),
    cpuShare: Number((window.cpuMs / window.ms).toFixed(2)),
    kbPerStream: Math.round((window.peakBytes - before) / 1024 / streams),
    lost: seen.filter((it) => it.status !== 'completed' || it.chars !== Math.round(charsPerToken * TOKENS)).length,
  }
}

/** Twenty at a time: arranging is not what is measured. */
export async function inBatches<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const result: T[] = []
  while (result.length < count)
    result.push(...(await Promise.all(Array.from({ length: Math.min(20, count - result.length) }, make))))
  return result
}
