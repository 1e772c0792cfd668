/** What one process does under a crowd: at one instant, connected in numbers, past its capacity, and with posts alone. */
import type { ServerUnderMeasure } from './process.ts'
import { inBatches } from './streams.ts'
import { createBenchApp, createVisitor, quantile } from './visitor.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const round = (value: number) => Number(value.toFixed(1))

/** `count` questions at one instant, by visitors who are connected already. The model answers at once. */
export async function measureBurst(server: ServerUnderMeasure, count: number) {
  const appId = await createBenchApp(server, 'tokens:40:20')
  const visitors = await inBatches(count, () => createVisitor(server.url, appId))
  await visitors[0]!.ask()
  const seen = await Promise.all(visitors.map((it) => it.ask()))
  for (const it of visitors) it.close()
  const first = seen.map((it) => it.firstTokenMs)
  return { questions: count, firstTokenMs: { p50: round(quantile(first, 0.5)), p95: round(quantile(first, 0.95)) } }
}

/** `connected` visitors, of whom `asking` keep an answer of 400 tokens at 50 tokens/s running each, for `ms`. */
export async function measureCrowd(server: ServerUnderMeasure, connected: number, asking: number, ms: number) {
  const appId = await createBenchApp(server, 'tokens:400:20')
  const visitors = await inBatches(connected, () => createVisitor(server.url, appId))
  const first: number[] = []
  let lost = 0
  const end = performance.now() + ms
  await Promise.all(
    visitors.slice(0, asking).map(async (visitor, i) => {
      await sleep((8_000 * i) / asking)
      for (let n = 0; performance.now() < end || n === 0; n++) {
        const seen = await visitor.ask()
        if (seen.status !== 'completed') lost++
        else if (n > 0) first.push(seen.firstTokenMs)
      }
    }),
  )
  for (const it of visitors) it.close()
  return {
    connected,
    asking,
    answers: first.length,
    lost,
    firstTokenMs: {
      p50: round(quantile(first, 0.5)),
      p95: round(quantile(first, 0.95)),
      p99: round(quantile(first, 0.99)),
    },
  }
}

/** More questions than there are places: who is refused, how fast, and whether those running are disturbed. */
export async function measureOverload(server: ServerUnderMeasure, questions: number) {
  const appId = await createBenchApp(server, 'tokens:100:20')
  const visitors = await inBatches(questions, () => createVisitor(server.url, appId))
  const took: number[] = []
  const seen = await Promise.all(
    visitors.map(async (visitor) => {
      const at = performance.now()
      const it = await visitor.ask()
      if (it.status === '503') took.push(performance.now() - at)
      return it
    }),
  )
  for (const it of visitors) it.close()
  return {
    questions,
    answered: seen.filter((it) => it.status === 'completed').length,
    refused: took.length,
    refusedInMs: { p50: round(quantile(took, 0.5)), p95: round(quantile(took, 0.95)) },
    other: seen.filter((it) => it.status !== 'completed' && it.status !== '503').length,
  }
}

/** Messages accepted and stored, each acknowledged before the next of its visitor is sent. No assistant answers. */
export async function measurePosts(server: ServerUnderMeasure, senders: number, ms: number) {
  const appId = await createBenchApp(server, 'tokens:1:0')
  const visitors = await inBatches(senders, () => createVisitor(server.url, appId, false))
  let stored = 0
  let refused = 0
  const started = performance.now()
  const cpu = server.cpuMs()
  await Promise.all(
    visitors.map(async (visitor) => {
      while (performance.now() - started < ms) {
        if ((await visitor.post()) === 201) stored++
        else {
          refused++
          await sleep(20)
        }
      }
    }),
  )
  const seconds = (performance.now() - started) / 1_000
  return {
    senders,
    storedPerSecond: Math.round(stored / seconds),
    refused,
    cpuMsPerMessage: round((server.cpuMs() - cpu) / stored),
  }
}

/** Connected readers who do nothing: resident memory each. */
export async function measureIdle(server: ServerUnderMeasure, readers: number) {
  const appId = await createBenchApp(server, 'tokens:1:0')
  // What a first crowd leaves behind in the heap is not the second's.
  for (const it of await inBatches(readers, () => createVisitor(server.url, appId))) it.close()
  await sleep(1_000)
  const before = server.rssBytes()
  const visitors = await inBatches(readers, () => createVisitor(server.url, appId))
  await sleep(1_000)
  const kbPerReader = round((server.rssBytes() - before) / 1024 / readers)
  for (const it of visitors) it.close()
  return { readers, kbPerReader }
}
