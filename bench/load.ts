/** What one process does under a crowd: at one instant, connected in numbers, past its capacity, and with posts alone. */
import { acrossTenants, createLog, openDb } from '../server/platform/index.ts'
import type { ServerUnderMeasure } from './process.ts'
import { inBatches } from './streams.ts'
import { createBenchApp, createVisitor, quantile } from './visitor.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const round = (value: number) => Number(value.toFixed(1))

/**
 * `count` questions at one instant, by visitors who are connected already. The model answers at once. Five times: the first
 * is put to a server that has just started, and whose code is not compiled yet.
 */
export async function measureBurst(server: ServerUnderMeasure, count: number) {
  const appId = await createBenchApp(server, 'tokens:40:20')
  const visitors = await inBatches(count, () => createVisitor(server.url, appId))
  await visitors[0]!.ask()
  const rounds: { p50: number; p95: number }[] = []
  for (let i = 0; i < 5; i++) {
    const first = (await Promise.all(visitors.map((it) => it.ask()))).map((it) => it.firstTokenMs)
    rounds.push({ p50: round(quantile(first, 0.5)), p95: round(quantile(first, 0.95)) })
  }
  for (const it of visitors) it.close()
  const [justStarted, ...later] = rounds
  return {
    questions: count,
    justStarted,
    later: {
      p50: quantile(
        later.map((it) => it.p50),
        0.5,
      ),
      p95: quantile(
        later.map((it) => it.p95),
        0.5,
      ),
    },
  }
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

/** From here on a person answers in all conversations there are, so that posting is all there is to do. */
async function takeOver(file: string): Promise<void> {
  const db = await openDb({ kind: 'sqlite', file }, [])
  await acrossTenants(db, createLog('silent')).execute("update conversations set handled_by = 'agent'")
  await db.close()
}

/** Messages accepted and stored, each acknowledged before the next of its visitor is sent. No assistant answers. */
export async function measurePosts(server: ServerUnderMeasure, senders: number, ms: number) {
  const appId = await createBenchApp(server, 'tokens:1:0')
  const visitors = await inBatches(senders, () => createVisitor(server.url, appId, false))
  await takeOver(server.file)
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

/**
 * Connected readers who do nothing: what each further one adds to resident memory. The first thousand also pay for what any
 * load costs once: compiled code, the young generation, the store's page cache.
 */
export async function measureIdle(server: ServerUnderMeasure, readers: number) {
  const appId = await createBenchApp(server, 'tokens:1:0')
  const idle = async (count: number) => {
    const visitors = await inBatches(count, () => createVisitor(server.url, appId))
    // Idle: the rush is over, and what it left was given back (server/spare-memory.ts).
    await sleep(25_000)
    return visitors
  }
  const [none, first] = [server.rssBytes(), await idle(readers)]
  const [some, second] = [server.rssBytes(), await idle(2 * readers)]
  const all = server.rssBytes()
  for (const it of [...first, ...second]) it.close()
  return {
    readers: 3 * readers,
    kbPerFurtherReader: round((all - some) / 1024 / (2 * readers)),
    kbPerReaderInAll: round((all - none) / 1024 / (3 * readers)),
  }
}

/** The same for answers that run: 10 tokens/s each, so that neither the processor nor the network is the limit. */
export async function measureMemory(server: ServerUnderMeasure, few: number, many: number) {
  const appId = await createBenchApp(server, 'tokens:100:100')
  const visitors = await inBatches(many, () => createVisitor(server.url, appId))
  const none = server.rssBytes()
  const peakOf = async (count: number) => {
    let peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, server.rssBytes())), 250)
    const seen = await Promise.all(
      visitors.slice(0, count).map(async (it, i) => {
        await sleep((10_000 * i) / count)
        return [await it.ask(), await it.ask()]
      }),
    )
    clearInterval(watch)
    return { peak, lost: seen.flat().filter((it) => it.status !== 'completed').length }
  }
  const [some, all] = [await peakOf(few), await peakOf(many)]
  for (const it of visitors) it.close()
  return {
    streams: many,
    kbPerFurtherStream: round((all.peak - some.peak) / 1024 / (many - few)),
    kbPerStreamInAll: round((all.peak - none) / 1024 / many),
    lost: some.lost + all.lost,
  }
}
