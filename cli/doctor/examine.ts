/** A whole look at a page: what it is, what it embeds, what the server says to that, and how its stream runs. */
import { checkPreflight, reachApp } from './app.ts'
import { visit } from './ask.ts'
import { look } from './browser.ts'
import { type Embedding, isAddress, readSource } from './embeddings.ts'
import type { Finding } from './finding.ts'
import {
  checkPermissions,
  checkPolicies,
  checkReply,
  checkStorage,
  checkTags,
  checkTransport,
  type Page,
} from './page.ts'
import { checkScript } from './script.ts'
import { probeStream } from './stream.ts'

export interface Examination {
  url: URL
  /** Speak as a page of this origin, instead of the page's own. */
  origin?: string | undefined
  timeoutMs: number
  /** Also open it in a browser. */
  inBrowser: boolean
  /** The app that is to be there: its id, and the tag that would put it there. */
  wanted?: { address: string; tag: string; server: URL } | undefined
  note: (text: string) => void
}

export interface Examined {
  url: string
  origin: string
  ways: Embedding['way'][]
  checks: Finding[]
}

/** Throws a `Problem` where the page, or the browser that was asked for, is not there. */
export async function examine({ url, origin, timeoutMs, inBrowser, wanted, note }: Examination): Promise<Examined> {
  const answer = await visit(url, timeoutMs)
  const seen = inBrowser ? await look(url, timeoutMs) : undefined
  const source = readSource(answer.text(), answer.url)
  if (seen && source.embeddings.length === 0) {
    const { embeddings } = readSource(seen.html, answer.url)
    source.embeddings = embeddings.length > 0 ? embeddings : seen.imported
  }
  const page: Page = {
    url: answer.url,
    origin: origin ?? answer.url.origin,
    status: answer.status,
    header: answer.header,
    ...source,
  }
  const checks = [...checkReply(page, answer.hops, answer.isCut), ...checkTags(page, wanted), ...checkTransport(page)]
  const probed = new Set<string>()

  // What is not there yet is looked at as if it were: the page may have more against it.
  const absent: Embedding[] =
    page.embeddings.length === 0 && wanted
      ? [
          {
            way: 'tag',
            script: new URL('/cdn/latest/embed.js', wanted.server),
            address: wanted.address,
            server: wanted.server,
          },
        ]
      : []
  for (const embedding of distinct([...page.embeddings, ...absent])) {
    const { address, server: tried } = embedding
    if (!isAddress(address) || !tried) continue
    const { findings, server, settings } = await reachApp(page, embedding, tried, timeoutMs)
    checks.push(...checkPolicies(page, server, embedding))
    checks.push(...checkStorage(page, server, embedding))
    checks.push(...checkPermissions(page, server, embedding, settings?.features.voice ?? false), ...findings)
    checks.push(...(await checkScript(page, embedding, timeoutMs)))
    if (!settings) continue
    checks.push(...(await checkPreflight(page, server, embedding, timeoutMs)))
    // One stream tells of all that come from there.
    if (probed.has(server.api.origin)) continue
    probed.add(server.api.origin)
    const from = embedding.way === 'tag' ? server.frame.origin : page.origin
    checks.push(...(await probeStream({ api: server.api, address, origin: from, timeoutMs, note })))
  }
  if (seen) checks.push(...seen.findings)
  return { url: answer.url.href, origin: page.origin, ways: page.embeddings.map((it) => it.way), checks: once(checks) }
}

/** Each way of each app is looked at once. */
const distinct = (embeddings: Embedding[]): Embedding[] =>
  embeddings.filter(
    ({ way, address }, i) => embeddings.findIndex((it) => it.way === way && it.address === address) === i,
  )

const once = (checks: Finding[]): Finding[] => {
  const seen = new Set<string>()
  return checks.filter((it) => {
    const line = JSON.stringify(it)
    return !seen.has(line) && seen.add(line)
  })
}
