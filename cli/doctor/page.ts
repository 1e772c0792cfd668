/** What the page itself allows: the tag as it stands there, the policies it is served with. */
import { parseDictionary, Token } from 'structured-headers'
import { type Embedding, isAddress, isSecret, wayName } from './embeddings.ts'
import { type Finding, notesOf, quoted } from './finding.ts'
import { type Policy, refusalOf, readPolicies, type Wanted } from './policy.ts'

export interface Page {
  url: URL
  /** As whom the page speaks: its own, or the one that was asked for. */
  origin: string
  status: number
  header(name: string): string | undefined
  embeddings: Embedding[]
  metaPolicies: string[]
}

/** A server as the page finds it: the frame, and the API, which may be elsewhere. */
export interface Server {
  frame: URL
  api: URL
}

const { ok, warn, fail } = notesOf('page')

export function checkReply({ url, status, header }: Page, hops: URL[], isCut: boolean): Finding[] {
  const type = header('content-type') ?? 'nothing'
  const way = hops.length > 0 ? `, after ${hops.length} redirects from ${hops[0]!.href}` : ''
  if (status >= 400)
    return [fail('reply', `${url.href} answers ${status}${way}`, 'give the address of a page that visitors see')]
  if (!/html/i.test(type))
    return [fail('reply', `${url.href} is no page but ${quoted(type)}${way}`, 'give the address of a page')]
  if (isCut) return [warn('reply', `${url.href} is larger than 5 MB: the rest was not looked at`)]
  return [ok('reply', `${url.href} answers ${status}${way}`)]
}

/** Whether it is there, once, and says whose chat it is. */
export function checkTags({ embeddings }: Page, wanted?: { address: string; tag: string }): Finding[] {
  if (embeddings.length === 0)
    return [
      fail(
        'tag',
        'neither the tag, nor <aside-chat>, nor a federated import is in the page as it is served',
        wanted
          ? `put this into the page: ${wanted.tag}`
          : 'print the tag with: aside embed <app>; where a script puts it into the page, look with --browser, or name the app with --app',
      ),
    ]
  const seen = new Map<string, number>()
  const found = embeddings.flatMap((it): Finding[] => {
    const { way, script, address, type, integrity, crossorigin } = it
    const name = wayName[way]
    if (isSecret(address))
      return [
        fail(
          name,
          'it holds a secret key, which everybody who sees the page can use',
          'revoke it now (aside key revoke), and use the app’s id, app_…',
        ),
      ]
    if (!script && way === 'element')
      return [
        fail(
          name,
          'no script of the page is aside-chat.js, so nothing defines the element',
          'add <script type="module" src="https://…/cdn/latest/aside-chat.js"></script>, unless your own build defines it',
        ),
      ]
    if (address === undefined)
      return [
        fail(
          name,
          'it does not say which app it is for',
          way === 'tag'
            ? 'add data-app="app_…"'
            : way === 'element'
              ? 'add app-id="app_…"'
              : "pass appId: 'app_…' to mount",
        ),
      ]
    if (!isAddress(address))
      return [fail(name, `${quoted(address)} is no app id and no publishable key`, 'take it from: aside app list')]
    if (wanted && wanted.address !== address)
      return [fail(name, `it is for ${address}, not for ${wanted.address}`, `put this in its place: ${wanted.tag}`)]
    if (way === 'tag' && type && type !== 'text/javascript' && type !== 'application/javascript')
      return [fail(name, `with type="${quoted(type)}" it cannot find its own attributes`, 'leave type out')]
    if (integrity && crossorigin === undefined && way !== 'federated')
      return [
        fail(
          name,
          'it has an integrity but no crossorigin: a browser may not compare, and refuses',
          'add crossorigin="anonymous"',
        ),
      ]
    const times = (seen.get(`${way} ${address}`) ?? 0) + 1
    seen.set(`${way} ${address}`, times)
    if (times > 1 && way === 'tag')
      return [warn(name, `it is on the page ${times} times for ${address}: the first counts`, 'leave one of them')]
    return [ok(name, `${address}, from ${script?.href ?? 'the page’s own build'}`)]
  })
  return found
}

export function checkTransport({ url, embeddings, header, metaPolicies }: Page): Finding[] {
  const servers = new Set(embeddings.flatMap(({ script, server }) => [script?.origin ?? '', server?.origin ?? '']))
  const plain = [...servers].filter((it) => it.startsWith('http:') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(it))
  if (url.protocol !== 'https:' || plain.length === 0) return []
  const fix = 'serve Aside over https, and write https in the tag'
  const isUpgraded = [header('content-security-policy'), ...metaPolicies].some((it) =>
    /upgrade-insecure-requests/i.test(it ?? ''),
  )
  const detail = `the page comes over https, ${plain.join(' and ')} does not: browsers refuse that as mixed content`
  return isUpgraded
    ? [warn('mixed content', `${detail}; the page makes it https by itself`, fix)]
    : [fail('mixed content', detail, fix)]
}

/** What an embedding loads and asks, in the order it does. */
function wants({ way, script, code, nonce, integrity }: Embedding, { frame, api }: Server): Wanted[] {
  const trusted = { nonce, integrity }
  const load: Wanted[] = script ? [{ kind: 'script-src', url: script, ...trusted }] : []
  if (way === 'tag') return [...load, { kind: 'frame-src', url: new URL('/embed/', frame) }]
  const own: Wanted[] = code === undefined ? [] : [{ kind: 'script-src', code, nonce }]
  // What is loaded later inherits the nonce, and no hash.
  const later: Wanted[] = script && integrity && !nonce ? [{ kind: 'script-src', url: script }] : []
  return [...own, ...load, ...later, { kind: 'connect-src', url: new URL('/v1/', api) }]
}

function refusals(policy: Policy, embedding: Embedding, server: Server, self: string) {
  const refused = wants(embedding, server).flatMap((it) => refusalOf(policy, it, self) ?? [])
  const lines = [...new Set(refused.flatMap(({ line }) => line ?? []))]
  const bare = refused.filter((it) => it.line === undefined)
  return { refused, lines, bare }
}

export function checkPolicies(page: Page, server: Server, embedding: Embedding): Finding[] {
  const { header, metaPolicies, url } = page
  const name = `policy for the ${wayName[embedding.way]}`
  const enforced = [
    ...readPolicies(header('content-security-policy')),
    ...metaPolicies.flatMap((it) => readPolicies(it)),
  ]
  const reported = readPolicies(header('content-security-policy-report-only'))
  const say = (policy: Policy, at: number, of: number, note: typeof fail): Finding[] => {
    const { refused, lines, bare } = refusals(policy, embedding, server, url.origin)
    if (refused.length === 0) return []
    const which = of > 1 ? ` (in the ${at + 1}. of its ${of} policies)` : ''
    const directives = [...new Set(refused.map((it) => it.directive))].join(' and ')
    const nonce = bare.length > 0 ? 'give the script the nonce of the page’s policy: nonce="…"' : ''
    const add = lines.length > 0 ? `Content-Security-Policy: ${lines.join('; ')}` : ''
    return [
      note(
        name,
        `${directives} of the page refuses it${which}`,
        [nonce, add].filter(Boolean).join('; and ') || 'allow it',
      ),
    ]
  }
  const found = [
    ...enforced.flatMap((it, at) => say(it, at, enforced.length, fail)),
    ...reported.flatMap((it, at) =>
      say(it, at, reported.length, warn).map((found) => ({
        ...found,
        detail: `${found.detail}, once it is no longer report-only`,
      })),
    ),
  ]
  const rest = enforced.flatMap((it) => [...checkTrustedTypes(it, embedding), ...checkSandbox(it, header)])
  if (found.length > 0) return [...found, ...rest]
  return [ok(name, enforced.length === 0 ? 'the page has none' : 'the page’s policy lets it through'), ...rest]
}

function checkTrustedTypes(policy: Policy, { way }: Embedding): Finding[] {
  const isAsked = policy.get('require-trusted-types-for')?.includes("'script'") ?? false
  const names = policy.get('trusted-types')
  if (!isAsked && !names) return []
  if (way === 'tag' || !names || names.includes('*') || names.includes('vue'))
    return [ok('trusted types', 'the page asks for them, and the chat needs nothing else')]
  const kept = names.filter((it) => it !== "'none'")
  return [
    warn(
      'trusted types',
      'the page allows certain policies only, and not the one named vue: browsers report it',
      `Content-Security-Policy: ${['trusted-types', ...kept, 'vue'].join(' ')}`,
    ),
  ]
}

/** Of a header only: in a `<meta>` a browser does not heed it. */
function checkSandbox(policy: Policy, header: Page['header']): Finding[] {
  const allowed = policy.get('sandbox')
  if (!allowed || !/sandbox/i.test(header('content-security-policy') ?? '')) return []
  const missing = ['allow-scripts', 'allow-same-origin'].filter((it) => !allowed.includes(it))
  if (missing.length > 0)
    return [
      fail(
        'sandbox',
        `the page is sandboxed without ${missing.join(' and ')}: the chat cannot run, or has no origin and no storage`,
        `Content-Security-Policy: ${['sandbox', ...allowed, ...missing].join(' ')}`,
      ),
    ]
  return [ok('sandbox', 'the page is sandboxed, and leaves the chat what it needs')]
}

/** Both are about what the page takes away from frames and scripts in it. */
export function checkPermissions(
  { header, origin }: Page,
  { frame }: Server,
  { way }: Embedding,
  hasVoice: boolean,
): Finding[] {
  const said = header('permissions-policy')
  if (said === undefined || !hasVoice) return []
  let list
  try {
    list = parseDictionary(said).get('microphone')?.[0]
  } catch {
    return [
      warn(
        'permissions',
        `the page’s Permissions-Policy cannot be read: ${quoted(said)}`,
        'browsers pass over all of it: mend it',
      ),
    ]
  }
  if (list === undefined) return []
  const items = Array.isArray(list) ? list.map(([it]) => it) : [list]
  const has = (word: string) => items.some((it) => (it instanceof Token ? it.toString() === word : it === word))
  const wanted = way === 'tag' ? frame.origin : origin
  if (has('*') || has(wanted) || (has('self') && wanted === origin))
    return [ok('permissions', 'the page leaves the chat the microphone')]
  return [
    warn(
      'permissions',
      'the app offers voice, and the page’s Permissions-Policy takes the microphone away',
      `Permissions-Policy: microphone=(self${way === 'tag' ? ` "${wanted}"` : ''})`,
    ),
  ]
}

/** How the page shuts others out of its process, and whether it keeps its visitors' storage apart. */
export function checkStorage({ url }: Page, { frame }: Server, { way }: Embedding): Finding[] {
  if (way !== 'tag') return [ok('storage', 'the session is kept in the page’s own storage')]
  if (frame.origin === url.origin)
    return [
      warn('storage', 'page and chat have one origin: the frame does not isolate', 'give Aside a hostname of its own'),
    ]
  return [
    ok(
      'storage',
      'the session is kept by the frame; browsers keep it apart for every site (partitioned), so it is another one elsewhere',
    ),
  ]
}
