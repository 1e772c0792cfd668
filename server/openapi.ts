/** OpenAPI 3.1 and a page for people, both written from the endpoints themselves. */
import { toJsonSchema } from '@valibot/to-json-schema'
import { type Endpoint, endpoints, ErrorBody, errors, type ErrorCode, events, type Schema } from '@aside/protocol'

type Json = Record<string, unknown>

const schemaOf = (schema: Schema): Json => {
  const { $schema: _, ...rest } = toJsonSchema(schema as never, { errorMode: 'ignore', typeMode: 'input' }) as Json
  return rest
}

const base: Record<Endpoint['access'], ErrorCode[]> = {
  public: [],
  page: ['app_not_found', 'origin_missing', 'origin_not_allowed', 'no_allowed_origins'],
  visitor: ['unauthenticated', 'session_expired', 'not_found'],
  secret: [
    'unauthenticated',
    'session_expired',
    'scope_missing',
    'secret_key_in_browser',
    'origin_not_allowed',
    'not_found',
  ],
  agent: ['unauthenticated', 'session_expired', 'origin_not_allowed'],
  refresh: ['unauthenticated', 'origin_not_allowed'],
  operator: ['unauthenticated'],
}

/** Every refusal an endpoint may answer with. */
export function refusals(endpoint: Endpoint): ErrorCode[] {
  const input: ErrorCode[] = endpoint.params || endpoint.query || endpoint.body ? ['invalid_input'] : []
  const body: ErrorCode[] = endpoint.body
    ? ['bad_request', 'body_missing', 'body_too_large', 'invalid_encoding', 'unsupported_media_type']
    : []
  const content: ErrorCode[] = endpoint.content ? ['body_missing', 'body_too_large', 'unsupported_media_type'] : []
  return [
    ...new Set([
      ...input,
      ...body,
      ...content,
      ...base[endpoint.access],
      ...(endpoint.errors ?? []),
      'store_unavailable' as const,
      'internal' as const,
    ]),
  ]
}

const parameters = (where: 'path' | 'query', schema: Schema | undefined): Json[] => {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, it]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: it,
  }))
}

function operation(name: string, endpoint: Endpoint): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of refusals(endpoint))
    byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code])
  const success = endpoint.stream
    ? { 'text/event-stream': { schema: { type: 'string' } } }
    : endpoint.download
      ? { [endpoint.download.type]: { schema: { type: 'string', format: 'binary' } } }
      : endpoint.reply && { 'application/json': { schema: schemaOf(endpoint.reply) } }
  return {
    operationId: name,
    summary: endpoint.summary,
    tags: [endpoint.access],
    ...(endpoint.access === 'visitor' ? { security: [{ visitor: [] }] } : {}),
    ...(endpoint.access === 'secret' ? { security: [{ secret: [] }, { agent: [] }] } : {}),
    ...(endpoint.access === 'agent' ? { security: [{ agent: [] }] } : {}),
    ...(endpoint.access === 'refresh' ? { security: [{ refresh: [] }] } : {}),
    ...(endpoint.access === 'operator' ? { security: [{ secret: [] }] } : {}),
    parameters: [...parameters('path', endpoint.params), ...parameters('query', endpoint.query)],
    ...(endpoint.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(endpoint.body) } } } }
      : {}),
    ...(endpoint.content
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(endpoint.content.types.map((type) => [type, { schema: { type: 'string' } }])),
          },
        }
      : {}),
    responses: {
      [endpoint.status]: { description: 'Success', ...(success ? { content: success } : {}) },
      ...Object.fromEntries(
        [...byStatus].map(([status, codes]) => [
          status,
          {
            description: codes.join(', '),
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
          },
        ]),
      ),
    },
  }
}

/** `embedUrl` is where the tag and its frame come from, if not from the API's own address. */
export function openApi(version: string, serverUrl: string, embedUrl?: string): Json {
  const paths: Record<string, Json> = {}
  for (const [name, it] of Object.entries<Endpoint>(endpoints)) {
    const path = it.path.replace(/:(\w+)/g, '{$1}')
    ;(paths[path] ??= {})[it.method.toLowerCase()] = operation(name, it)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Aside', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: serverUrl }],
    'x-aside-embed-url': embedUrl ?? serverUrl,
    paths,
    components: {
      securitySchemes: {
        visitor: { type: 'http', scheme: 'bearer' },
        secret: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        agent: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        refresh: { type: 'apiKey', in: 'cookie', name: '__Host-aside-refresh' },
      },
      schemas: {
        Error: schemaOf(ErrorBody),
        ...Object.fromEntries(Object.entries(events).map(([name, it]) => [`event-${name}`, schemaOf(it.payload)])),
      },
    },
  }
}

const escape = (text: string) => text.replace(/[&<>"]/g, (it) => `&#${it.charCodeAt(0)};`)
const block = (title: string, schema: Schema | undefined) =>
  schema
    ? `<details><summary>${title}</summary><pre>${escape(JSON.stringify(schemaOf(schema), null, 2))}</pre></details>`
    : ''

export function docsPage(): string {
  const rows = Object.entries<Endpoint>(endpoints).map(
    ([
      name,
      it,
    ]) => `<section id="${name}"><h3><code>${it.method}</code> ${escape(it.path)}</h3><p>${escape(it.summary)}</p>
<p class="meta">${it.access}${it.scope ? ` · scope <code>${it.scope}</code>` : ''} · refusals: ${refusals(it)
      .map((code) => `<code>${code}</code>`)
      .join(' ')}</p>
${block('Query', it.query)}${block('Body', it.body)}${block(`Reply ${it.status}`, it.reply)}</section>`,
  )
  const said = Object.entries(events).map(
    ([name, it]) =>
      `<section id="${name}"><h3>${name}</h3><p class="meta">${it.durable ? 'durable: has an id, is replayed' : 'of the moment'}</p>${block('Payload', it.payload)}</section>`,
  )
  const codes = Object.entries(errors).map(
    ([code, it]) =>
      `<tr><td><code>${code}</code></td><td>${it.status || '–'}</td><td>${it.retryable ? 'yes' : 'no'}</td></tr>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Aside API</title>
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}pre{overflow:auto;padding:1rem;background:#8882;border-radius:8px;font-size:13px}h3{margin:2rem 0 .2rem;font-size:1rem}.meta{opacity:.75;font-size:.85rem;margin:.2rem 0}summary{cursor:pointer;font-size:.9rem}td{padding:.15rem 1rem .15rem 0}</style></head><body>
<h1>Aside API</h1><p>The same as data: <a href="/openapi.json">openapi.json</a>. Errors always have the one body <code>{"error":{code,message,issues?,retryAfterMs?,requestId}}</code>.</p>
<h2>Endpoints</h2>${rows.join('')}<h2>Events</h2><p>On <a href="#followEvents">GET /v1/events</a>.</p>${said.join('')}<h2>Errors</h2><table><tr><th>code</th><th>status</th><th>try again?</th></tr>${codes.join('')}</table></body></html>`
}
