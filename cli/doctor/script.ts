/** The script of a tag as it is served: whether it is what it claims to be, and how old it may get. */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { isRedirect } from './app.ts'
import { ask } from './ask.ts'
import type { Embedding } from './embeddings.ts'
import { type Finding, notesOf, quoted } from './finding.ts'
import type { Page } from './page.ts'

const { ok, warn, fail } = notesOf('app')

const digest = (algorithm: string, bytes: Buffer) =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`

export async function checkScript(
  { header }: Page,
  { script, integrity, crossorigin }: Embedding,
  timeoutMs: number,
): Promise<Finding[]> {
  if (!script) return []
  const get = (url: URL) => ask(url, { timeoutMs }).catch(() => undefined)
  const answer = await get(script)
  const [, channel = '', file = ''] = /\/cdn\/([^/]+)\/(.+)$/.exec(script.pathname) ?? []
  const again = 'print the tag again: aside embed <app>'
  if (!answer) return [fail('script', `${script.href} cannot be reached`, again)]
  if (isRedirect(answer))
    return [
      warn(
        'script',
        `${script.href} is redirected to ${quoted(answer.header('location') ?? 'nowhere')}`,
        'write the address it leads to into the tag',
      ),
    ]
  if (answer.status === 404 && (await get(new URL('/cdn/latest/integrity.json', script)))?.status === 404)
    return [
      fail(
        'script',
        `${script.href} is not there: the server has no widget, for it was not built, or not when the server started`,
        'on the machine of the server: npm run build, then start the server again',
      ),
    ]
  if (answer.status === 404)
    return [
      fail(
        'script',
        `${script.href} is not there: the server has another version by now`,
        `${again}; or follow one that lasts: --floating latest`,
      ),
    ]
  if (answer.status !== 200) return [fail('script', `${script.href} answers ${answer.status}`, again)]
  if (!/javascript/i.test(answer.header('content-type') ?? ''))
    return [
      fail(
        'script',
        `it is served as ${quoted(answer.header('content-type') ?? 'nothing')}, which no browser runs`,
        'let the proxy pass Content-Type on',
      ),
    ]
  const found: Finding[] = []

  const listed = channel
    ? v.safeParse(
        v.object({ files: v.record(v.string(), v.string()) }),
        (await get(new URL(`/cdn/${channel}/integrity.json`, script)))?.json(),
      )
    : undefined
  const meant = listed?.success ? listed.output.files[file] : undefined
  const given: string[] = integrity?.match(/sha(256|384|512)-[\w+/=]+/g) ?? []
  const strongest = ['sha512', 'sha384', 'sha256'].find((it) => given.some((hash: string) => hash.startsWith(it)))
  const isMatched = strongest === undefined || given.includes(digest(strongest, answer.bytes))
  const isMeant = meant === undefined || meant === digest('sha384', answer.bytes)
  if (!isMatched && meant !== undefined && given.includes(meant))
    found.push(
      fail(
        'integrity',
        'what is served is not what the tag and the server’s integrity.json say: something between changes it',
        'let nothing rewrite or minify /cdn, and empty its cache',
      ),
    )
  else if (!isMatched)
    found.push(fail('integrity', 'the tag’s integrity is not that of the script: browsers refuse it', again))
  else if (!isMeant)
    found.push(
      warn(
        'integrity',
        'what is served is not what the server’s integrity.json says: an old copy, or one that was changed',
        'empty the cache of what stands before Aside, and let it rewrite nothing',
      ),
    )
  else if (strongest && !/^v\d+\.\d+\.\d+$/.test(channel))
    found.push(
      warn(
        'integrity',
        `the tag holds an integrity, and /cdn/${quoted(channel)}/ changes with the next version`,
        again,
      ),
    )
  else found.push(ok('integrity', strongest ? 'the script is what the tag says' : 'the script is what the server says'))

  const age = Number(answer.header('age') ?? 0)
  const cache = answer.header('cache-control') ?? ''
  const maxAge = Number(/max-age=(\d+)/.exec(cache)?.[1] ?? 0)
  const isPinned = /^v\d+\.\d+\.\d+$/.test(channel)
  if (!isPinned && channel && (maxAge > 86_400 || /immutable/.test(cache) || age > Math.max(maxAge, 3_600)))
    found.push(
      warn(
        'cache',
        `/cdn/${channel}/ may stay old for long (Cache-Control: ${quoted(cache) || 'none'}; Age: ${age})`,
        'let what stands before Aside keep its Cache-Control',
      ),
    )
  if (isPinned) {
    const listing = v.safeParse(
      v.object({ channels: v.object({ latest: v.string() }) }),
      (await get(new URL('../integrity.json', script)))?.json(),
    )
    const newest = listing.success ? `v${listing.output.channels.latest}` : channel
    if (channel !== newest)
      found.push(warn('version', `the tag is of ${channel}, the newest is ${newest}`, `${again}, unless it is to stay`))
  }
  const isolation = header('cross-origin-embedder-policy')
  if (
    isolation &&
    /require-corp/i.test(isolation) &&
    crossorigin === undefined &&
    !/cross-origin/i.test(answer.header('cross-origin-resource-policy') ?? '')
  )
    found.push(
      fail(
        'isolation',
        'the page isolates itself (Cross-Origin-Embedder-Policy), and the script does not say it may be used elsewhere',
        'add crossorigin="anonymous" to the tag',
      ),
    )
  return found
}
