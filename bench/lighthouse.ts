/** Lighthouse (mobile) on a page of the shop, with the tag and without it: what the tag takes from the page. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import lighthouse, { type Result } from 'lighthouse'
import { freePort } from '../host-demo/testing/server-process.ts'
import { median, onStage, round } from './stage.ts'

const RUNS = 3

/** The same page from the same place, with or without the tag. */
async function serve(siteUrl: string): Promise<{ url: string; close(): void }> {
  const server = createServer(async ({ url = '' }, response) => {
    const isWithout = url === '/without'
    const reply = await fetch(`${siteUrl}${isWithout || url === '/with' ? '/script-tag' : url}`)
    const body = Buffer.from(await reply.arrayBuffer())
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' })
    response.end(isWithout ? body.toString().replace(/<script src="[^"]*embed\.js"[^>]*><\/script>/, '') : body)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // a server that listens on a port
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

const numeric = ({ audits }: Result, name: string): number => audits[name]?.numericValue ?? Number.NaN

async function audit(url: string, port: number): Promise<Record<string, number>> {
  const categories = ['performance', 'accessibility', 'best-practices', 'seo']
  const runs: Record<string, number>[] = []
  for (let run = 0; run < RUNS; run++) {
    const ran = await lighthouse(url, { port, logLevel: 'error', output: 'json', onlyCategories: categories })
    if (!ran || ran.lhr.runtimeError) throw new Error(ran?.lhr.runtimeError?.message ?? 'Lighthouse said nothing')
    const scores = categories.map((name) => [name, 100 * (ran.lhr.categories[name]?.score ?? Number.NaN)])
    runs.push({
      ...Object.fromEntries(scores),
      layoutShift: numeric(ran.lhr, 'cumulative-layout-shift'),
      blockedMs: numeric(ran.lhr, 'total-blocking-time'),
      mainThreadMs: numeric(ran.lhr, 'mainthread-work-breakdown'),
    })
  }
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, round(median(runs.map((it) => it[name]!)))]))
}

export async function lighthouseScores() {
  const port = await freePort()
  return onStage(
    'echo',
    async ({ siteUrl }) => {
      const pages = await serve(siteUrl)
      try {
        return {
          runs: RUNS,
          without: await audit(`${pages.url}/without`, port),
          with: await audit(`${pages.url}/with`, port),
        }
      } finally {
        pages.close()
      }
    },
    [`--remote-debugging-port=${port}`],
  )
}
