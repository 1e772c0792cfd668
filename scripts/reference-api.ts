/** Every endpoint, event and refusal, from the contract. */
import { entriesOf, mayBeLeftOut, wordsOf } from '../cli/schema-words.ts'
import { type Access, type Endpoint, endpoints, errors, events } from '../protocol/index.ts'

const cell = (text: string) =>
  text
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const callers: Record<Access, string> = {
  public: 'anyone',
  page: 'a page whose origin the app allows, or a backend with a secret key',
  visitor: 'a visitor, with a session token',
  secret: 'a secret key with its scope, an agent whose role has it, or the operator',
  agent: 'an agent, with an access token',
  refresh: 'a browser that holds the refresh cookie of an agent',
  operator: 'the operator',
}

const groups: [string, (it: Endpoint) => boolean][] = [
  ['Visitors and pages', (it) => ['page', 'visitor'].includes(it.access) || /^\/v1\/apps/.test(it.path)],
  ['Owners', (it) => it.path.startsWith('/v1/admin') && it.access !== 'operator'],
  [
    'Backends and agents',
    (it) => it.path.startsWith('/v1') && !it.path.startsWith('/v1/admin') && it.access !== 'operator',
  ],
  ['Operators', () => true],
]

/** A table of the fields of an object; a sentence where it is none. */
function fields(title: string, schema: unknown): string[] {
  if (schema === undefined) return []
  const entries = entriesOf(schema)
  if (entries.length === 0) {
    const words = wordsOf(schema)
    return words === 'an object' || words === '{  }' ? [] : [`${title}: ${words}.`]
  }
  const rows = entries.map(([name, it]) => [`\`${name}\``, mayBeLeftOut(it) ? 'no' : 'yes', cell(wordsOf(it))])
  return [`${title}:`, table(['field', 'always', 'what'], rows)]
}

function endpointSection([name, it]: [string, Endpoint]): string[] {
  const notes = [
    `For ${callers[it.access]}.${it.scope ? ` Scope: \`${it.scope}\`.` : ''}`,
    ...(it.versioned ? ['The reply carries an `ETag`; a change may be held to it with `If-Match`.'] : []),
    ...(it.audit ? [`Written to the audit log as \`${it.audit}\`.`] : []),
    ...(it.errors?.length ? [`Refuses with ${it.errors.map((code) => `\`${code}\``).join(', ')}.`] : []),
  ]
  const reply = it.stream
    ? ['An event stream, as below.']
    : it.reply
      ? fields(`Reply, ${it.status}`, it.reply)
      : [`Reply: ${it.status}${it.status === 204 ? ', nothing' : ''}.`]
  return [
    `### \`${it.method} ${it.path}\``,
    `<a id="${name}"></a>${cell(it.summary)}`,
    notes.join(' '),
    ...fields('In the path', it.params),
    ...fields('In the query', it.query),
    ...fields('In the body', it.body),
    ...(it.content
      ? [
          `The body is the document itself, ${it.content.types.join(', ')}, at most ${it.content.maxBytes / 1_048_576} MB.`,
        ]
      : []),
    ...reply,
  ]
}

function endpointSections(): string[] {
  let left: [string, Endpoint][] = Object.entries(endpoints)
  return groups.flatMap(([title, belongs]) => {
    const these = left.filter(([, it]) => belongs(it))
    left = left.filter(([, it]) => !belongs(it))
    // Wholly ordered, for a module's names come in another order to a bundler than to Node.
    const place = (it: Endpoint) => `${it.path} ${it.method}`
    const sorted = these.sort(([, a], [, b]) => (place(a) < place(b) ? -1 : 1))
    return sorted.length === 0 ? [] : [`## ${title}`, ...sorted.flatMap(endpointSection)]
  })
}

export function apiReference(): string {
  const eventSections = Object.entries(events).flatMap(([name, it]) => [
    `### \`${name}\``,
    it.durable
      ? 'Durable: it has an id, and is sent again to a reader that missed it.'
      : 'Ephemeral: it has no id, and whoever missed it goes without.',
    ...fields('It says', it.payload),
  ])
  const codes = Object.entries(errors).map(([code, { status, retryable }]) => [
    `\`${code}\``,
    status === 0 ? 'none' : String(status),
    retryable ? 'yes' : 'no',
  ])
  return `${[
    '# The API',
    '<!-- Written by `npm run docs` from the contract in `protocol/`. Change that. -->',
    'JSON over HTTP. A running server gives the same as OpenAPI 3.1 at `/openapi.json`, and as a page at `/docs`. A secret key goes into `X-API-Key` or `Authorization: Bearer`, every other token into `Authorization`; nothing secret is ever part of an address.',
    'A refusal is always `{ "error": { "code", "message", "issues"?, "retryAfterMs"?, "requestId" } }`. Beside those that an endpoint names there are the refusals of bad input (`invalid_input`, `bad_request`, `body_too_large`), of who asks (`unauthenticated`, `scope_missing`, `not_found` for what belongs to another tenant), and of too much (`rate_limited`, `overloaded`).',
    'A long list comes in pages: `limit` and `cursor` in the query, `nextCursor` in the reply until the last page.',
    ...endpointSections(),
    '## Events',
    'Of `GET /v1/events`. Readers leave out what they do not know.',
    ...eventSections,
    '## Refusals',
    'Where "again" says yes, the same request may be tried again as it is, after `retryAfterMs` where that is given.',
    table(['code', 'status', 'again'], codes),
  ].join('\n\n')}\n`
}
