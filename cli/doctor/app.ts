/** What the server says to this page about this app: asked as the page would ask, over the same public addresses. */
import * as v from 'valibot'
import { ErrorBody, PROTOCOL_VERSION, Settings } from '@aside/protocol'
import { type Answer, ask, reasonOf } from './ask.ts'
import type { Embedding } from './embeddings.ts'
import { type Finding, notesOf, quoted } from './finding.ts'
import type { Page, Server } from './page.ts'
import { matchesSource, readPolicies } from './policy.ts'

const { ok, warn, fail } = notesOf('app')

export interface Reached {
  findings: Finding[]
  server: Server
  /** The app's public look; undefined where the page is not told. */
  settings: v.InferOutput<typeof Settings> | undefined
}

const errorOf = (answer: Answer) => {
  const parsed = v.safeParse(ErrorBody, answer.json())
  return parsed.success ? parsed.output.error : undefined
}

export const isRedirect = ({ status }: Answer) => status >= 300 && status < 400 && status !== 304

/** Where the frame's document says the API is. */
const apiOf = (html: string): URL | undefined => {
  const said = /<html[^>]*\sdata-api="([^"]+)"/.exec(html)?.[1]
  return said !== undefined && URL.canParse(said) ? new URL(said) : undefined
}

/** Finds the API, by way of the frame where there is one, and asks it for the app. `tried` is what was told to be the server. */
export async function reachApp(page: Page, embedding: Embedding, tried: URL, timeoutMs: number): Promise<Reached> {
  const { way, address = '' } = embedding
  const findings: Finding[] = []
  const server: Server = { frame: tried, api: tried }
  if (way === 'tag') {
    let frame: Answer
    try {
      frame = await ask(new URL(`/embed/${address}`, tried), { timeoutMs })
    } catch (error) {
      return { findings: [unreachable(tried, error)], server, settings: undefined }
    }
    server.api = apiOf(frame.text()) ?? tried
    findings.push(...checkFrame(page, frame, address))
  }
  const asked = new URL(`/v1/apps/${address}/settings`, server.api)
  let answer: Answer
  try {
    answer = await ask(asked, { timeoutMs, headers: { origin: page.origin } })
  } catch (error) {
    return { findings: [...findings, unreachable(server.api, error)], server, settings: undefined }
  }
  const { finding, settings } = readSettings(page, embedding, answer)
  return { findings: [finding, ...findings], server, settings }
}

const unreachable = (url: URL, error: unknown): Finding =>
  fail(
    'server',
    `${url.origin} cannot be reached: ${reasonOf(error)}`,
    'is it running? check the address in the tag, and ASIDE_PUBLIC_URL of the server',
  )

function readSettings(
  { origin }: Page,
  { way, address = '' }: Embedding,
  answer: Answer,
): { finding: Finding; settings?: Reached['settings'] } {
  const { origin: at } = answer.url
  const error = errorOf(answer)
  if (isRedirect(answer)) {
    const to = quoted(answer.header('location') ?? 'nowhere')
    return {
      finding: fail(
        'server',
        `${at} redirects to ${to}: a preflight may not be redirected`,
        'write the address it leads to into the tag, and set ASIDE_PUBLIC_URL to it',
      ),
    }
  }
  const refusals: Record<string, Finding> = {
    app_not_found: fail(
      'app',
      `the server knows no ${address}`,
      'see what there is: aside app list; the tag of one: aside embed <app>',
    ),
    no_allowed_origins: fail(
      'app',
      `no page may embed ${address}: it has no allowed origins`,
      `aside origin add ${address} ${origin}`,
    ),
    origin_not_allowed: fail(
      'app',
      `${origin} is not among the origins allowed for ${address}`,
      `aside origin add ${address} ${origin}`,
    ),
  }
  if (error) {
    const known = Object.hasOwn(refusals, error.code) ? refusals[error.code] : undefined
    return { finding: known ?? fail('app', `the server refuses: ${error.code}, ${quoted(error.message)}`) }
  }
  const parsed = v.safeParse(Settings, answer.json())
  if (answer.status !== 200 || !parsed.success)
    return {
      finding: fail(
        'server',
        `${at} does not answer as Aside does (${answer.status})`,
        'check the address in the tag, and what stands before the server',
      ),
    }
  const allowed = answer.header('access-control-allow-origin')
  if (way !== 'tag' && allowed !== origin && allowed !== '*')
    return {
      settings: parsed.output,
      finding: fail(
        'app',
        `the server lets ${origin} in, but the page is told ${allowed === undefined ? 'nothing' : quoted(allowed)} (Access-Control-Allow-Origin)`,
        'let the proxy before Aside pass this header on as it is, and add none of its own',
      ),
    }
  if (parsed.output.protocolVersion < PROTOCOL_VERSION)
    return {
      settings: parsed.output,
      finding: warn('app', `${parsed.output.name}: the server is older than this command`),
    }
  return { settings: parsed.output, finding: ok('app', `${parsed.output.name} may be used on ${origin}`) }
}

/** Who may frame it: said by the frame's own document, and lost where a proxy takes the header away or adds another. */
function checkFrame({ origin, header }: Page, frame: Answer, address: string): Finding[] {
  const at = frame.url.origin
  const framer = 'let the proxy before Aside pass Content-Security-Policy on, and add no X-Frame-Options'
  if (isRedirect(frame))
    return [
      fail(
        'frame',
        `${at} redirects the frame to ${quoted(frame.header('location') ?? 'nowhere')}`,
        'write the address it leads to into the tag',
      ),
    ]
  if (frame.status === 404 && errorOf(frame))
    return [
      fail(
        'frame',
        `${at} has no frames: it is not the host they come from`,
        `print the tag again: aside embed ${address}`,
      ),
    ]
  if (frame.status === 404) return []
  if (frame.status !== 200)
    return [fail('frame', `${at} answers ${frame.status} to the frame`, 'look into the server’s log')]
  const found: Finding[] = []
  const lists = readPolicies(frame.header('content-security-policy')).flatMap((it) => it.get('frame-ancestors') ?? [])
  const stated = readPolicies(frame.header('content-security-policy')).filter((it) => it.has('frame-ancestors'))
  const option = frame.header('x-frame-options')
  if (stated.length === 0)
    found.push(
      option
        ? fail('frame', `X-Frame-Options: ${quoted(option)} on the frame forbids it to every page`, framer)
        : warn('frame', 'the frame does not say who may hold it: something between takes its policy away', framer),
    )
  else if (
    stated.some((it) => !it.get('frame-ancestors')!.some((source) => matchesSource(source, new URL(origin), at)))
  )
    found.push(
      fail(
        'frame',
        `frame-ancestors of the frame does not allow ${origin}: ${quoted(lists.join(' ') || "'none'")}`,
        `aside origin add ${address} ${origin}`,
      ),
    )
  else if (option)
    found.push(warn('frame', `something between adds X-Frame-Options: ${quoted(option)}; old browsers heed it`, framer))
  else found.push(ok('frame', `${origin} may hold the frame`))
  const isolation = header('cross-origin-embedder-policy')
  if (
    isolation &&
    /require-corp|credentialless/i.test(isolation) &&
    !/require-corp|credentialless/i.test(frame.header('cross-origin-embedder-policy') ?? '')
  )
    found.push(
      fail(
        'isolation',
        `the page isolates itself (Cross-Origin-Embedder-Policy: ${quoted(isolation)}), and the frame says nothing of the kind`,
        'let the proxy before Aside pass Cross-Origin-Embedder-Policy and Cross-Origin-Resource-Policy on; or update the server',
      ),
    )
  else if (isolation) found.push(ok('isolation', 'the page isolates itself, and the frame does so too'))
  return found
}

/** What the browser asks before it asks: only where page and API, or frame and API, are apart. */
export async function checkPreflight(
  { origin }: Page,
  { frame, api }: Server,
  { way }: Embedding,
  timeoutMs: number,
): Promise<Finding[]> {
  const from = way === 'tag' ? frame.origin : origin
  if (from === api.origin) return []
  const answer = await ask(new URL('/v1/sessions', api), {
    method: 'OPTIONS',
    headers: {
      origin: from,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,last-event-id',
    },
    timeoutMs,
  }).catch(() => undefined)
  if (!answer)
    return [fail('preflight', 'an OPTIONS request is not answered', 'let the proxy before Aside pass OPTIONS on')]
  const fix =
    'let the proxy before Aside pass OPTIONS on and answer none itself; headers of its own (Access-Control-…) are to go'
  if (answer.status < 200 || answer.status > 299)
    return [fail('preflight', `OPTIONS is answered ${answer.status}: browsers ask no further`, fix)]
  const list = (name: string) =>
    (answer.header(name) ?? '')
      .toLowerCase()
      .split(',')
      .map((it) => it.trim())
  const allowed = answer.header('access-control-allow-origin')
  if (allowed !== from && allowed !== '*')
    return [
      fail(
        'preflight',
        `Access-Control-Allow-Origin is ${allowed === undefined ? 'missing' : quoted(allowed)}, not ${from}`,
        fix,
      ),
    ]
  const headers = list('access-control-allow-headers')
  const missing = ['authorization', 'content-type', 'last-event-id'].filter((it) => !headers.includes(it))
  if (missing.length > 0) return [fail('preflight', `Access-Control-Allow-Headers lacks ${missing.join(', ')}`, fix)]
  const methods = list('access-control-allow-methods')
  if (!methods.includes('delete') && !methods.includes('*'))
    return [warn('preflight', 'Access-Control-Allow-Methods lacks DELETE', fix)]
  return [ok('preflight', `${from} may ask`)]
}
