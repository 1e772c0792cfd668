import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Endpoint, endpoints, errors, events } from '@aside/protocol'
import { type Aside, clientId, ORIGIN, startAside } from './testing/aside.ts'
import { send } from './testing/raw-request.ts'

/** As much of OpenAPI 3.1 as we use, and nothing else (https://spec.openapis.org/oas/v3.1.0). */
const Json = v.record(v.string(), v.unknown())
const Content = v.record(v.pipe(v.string(), v.regex(/^[a-z]+\/[a-z0-9.-]+$/)), v.strictObject({ schema: Json }))
const Operation = v.strictObject({
  operationId: v.string(),
  summary: v.pipe(v.string(), v.minLength(5)),
  tags: v.array(v.string()),
  security: v.optional(v.array(v.record(v.string(), v.array(v.string())))),
  parameters: v.array(
    v.strictObject({ name: v.string(), in: v.picklist(['path', 'query']), required: v.boolean(), schema: Json }),
  ),
  requestBody: v.optional(v.strictObject({ required: v.literal(true), content: Content })),
  responses: v.record(
    v.pipe(v.string(), v.regex(/^[1-5]\d\d$/)),
    v.strictObject({ description: v.pipe(v.string(), v.minLength(1)), content: v.optional(Content) }),
  ),
})
const OpenApi = v.strictObject({
  openapi: v.literal('3.1.0'),
  info: v.strictObject({
    title: v.string(),
    version: v.string(),
    license: v.strictObject({ name: v.string(), identifier: v.string() }),
  }),
  'x-aside-embed-url': v.pipe(v.string(), v.url()),
  servers: v.array(v.strictObject({ url: v.pipe(v.string(), v.url()) })),
  paths: v.record(
    v.pipe(v.string(), v.startsWith('/')),
    v.strictObject({
      get: v.optional(Operation),
      post: v.optional(Operation),
      patch: v.optional(Operation),
      put: v.optional(Operation),
      delete: v.optional(Operation),
    }),
  ),
  components: v.strictObject({ securitySchemes: v.record(v.string(), Json), schemas: v.record(v.string(), Json) }),
})

/** Every `$ref` in a document. */
function refs(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(refs)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, it]) => (key === '$ref' ? [String(it)] : refs(it)))
}

describe('the server, as it is addressed', () => {
  let aside: Aside
  beforeAll(async () => {
    aside = await startAside()
  })
  afterAll(() => aside?.stop())

  const ask = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
    send(`${aside.url}${path}`, { method, headers })
  const all = Object.entries<Endpoint>(endpoints)
  const concrete = (path: string) => path.replace(/:(\w+)/g, 'x')

  it('describes every endpoint in OpenAPI 3.1', async () => {
    const reply = await ask('/openapi.json')
    expect(reply.headers['content-type']).toMatch(/^application\/json/)
    const document = v.parse(OpenApi, reply.json())
    expect(document.servers).toEqual([{ url: aside.url }])
    for (const [name, it] of all) {
      const path = it.path.replace(/:(\w+)/g, '{$1}')
      const operation = document.paths[path]?.[it.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete']
      expect(operation?.operationId, name).toBe(name)
      const { parameters, requestBody, responses, security } = operation!
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.every((parameter) => parameter.required)).toBe(true)
      expect(inPath.map((parameter) => `{${parameter.name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(Boolean(requestBody)).toBe(Boolean(it.body ?? it.content))
      expect(Boolean(responses[it.status]?.content)).toBe(Boolean(it.reply ?? it.stream ?? it.download))
      expect(Boolean(security)).toBe(['visitor', 'secret', 'operator', 'agent', 'refresh'].includes(it.access))
      for (const scheme of security ?? [])
        expect(Object.keys(document.components.securitySchemes)).toContain(Object.keys(scheme)[0])
      for (const code of it.errors ?? []) expect(responses[errors[code].status]?.description).toContain(code)
    }
    const operations = Object.values(document.paths).flatMap((it) => Object.values(it))
    expect(operations).toHaveLength(all.length)
    expect(Object.keys(document.components.schemas).sort()).toEqual(
      ['Error', ...Object.keys(events).map((it) => `event-${it}`)].sort(),
    )
    for (const ref of refs(document))
      expect(Object.keys(document.components.schemas).map((it) => `#/components/schemas/${it}`)).toContain(ref)
    const post = document.paths['/v1/conversations/{conversationId}/messages']?.post?.requestBody
    expect(post?.content['application/json']?.schema).toMatchObject({
      type: 'object',
      required: ['clientId', 'text'],
      additionalProperties: false,
    })
  })

  it('lists every endpoint, event and error on a page for people, which runs no script', async () => {
    const { status, headers, text } = await ask('/docs')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'.*frame-ancestors 'none'$/)
    for (const [name, it] of all) {
      expect(text).toContain(`<section id="${name}">`)
      expect(text).toContain(it.path)
    }
    for (const name of [...Object.keys(events), ...Object.keys(errors)]) expect(text).toContain(name)
    expect(text).not.toMatch(/<script|undefined|\[object/)
  })

  it('has nothing at other addresses, and says so in the one shape', async () => {
    const nowhere = ['/', '/v1', '/v1/', '/v1/conversation', '/v2/events', '/admin', '/.env', '/metrics', '/v1//events']
    nowhere.push(
      '/cdn/latest/',
      '/cdn/latest/../../package.json',
      '/cdn/latest/%2e%2e%2fpackage.json',
      '/cdn/v9/embed.js',
    )
    nowhere.push('/cdn/latest/..%5c..%5cpackage.json', '/embed/', '/%00', '/v1/conversations/../../openapi.json/x')
    for (const path of nowhere) {
      const reply = await ask(path)
      expect([reply.status, reply.error().code], path).toEqual([404, 'not_found'])
    }
    for (const path of ['/%', '/v1/apps/%E0%A4%A/settings', '/embed/%ff'])
      expect([400, 404], path).toContain((await ask(path)).status)
  })

  it('names the methods an address has, where another one is asked for', async () => {
    for (const { path } of Object.values<Endpoint>(endpoints)) {
      const methods = all.filter(([, it]) => it.path === path).map(([, it]) => it.method)
      for (const method of ['PUT', 'PATCH', 'TRACE', 'PROPFIND', 'MKCOL', 'OPTIONS']) {
        if (methods.includes(method as Endpoint['method'])) continue
        const reply = await ask(concrete(path), method)
        expect([reply.status, reply.error().code], `${method} ${path}`).toEqual([405, 'method_not_allowed'])
        expect(
          String(reply.headers['allow'])
            .split(', ')
            .filter((it) => it !== 'HEAD')
            .sort(),
        ).toEqual(expect.arrayContaining([...methods].sort()))
      }
    }
  })

  it('does as its method says, whatever a header would have it be', async () => {
    const visitor = await (await aside.owner()).visitor()
    const headers = {
      origin: ORIGIN,
      authorization: `Bearer ${visitor.session.token}`,
      'content-type': 'application/json',
    }
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override'])
      await send(`${aside.url}/v1/conversations?_method=DELETE`, {
        method: 'POST',
        headers: { ...headers, [name]: 'DELETE' },
        body: JSON.stringify({ clientId: clientId() }),
      }).then((it) => expect(it.status).toBe(400))
    expect((await ask('/v1/sessions/current', 'POST', { ...headers, 'x-http-method-override': 'DELETE' })).status).toBe(
      405,
    )
    expect((await ask('/v1/conversations', 'GET', headers)).status).toBe(200)
  })

  it('answers HEAD like GET without a body, and opens no stream for it', async () => {
    const visitor = await (await aside.owner()).visitor()
    const headers = { origin: ORIGIN, authorization: `Bearer ${visitor.session.token}` }
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/v1/conversations', '/nowhere']) {
      const [head, get] = [await ask(path, 'HEAD', headers), await ask(path, 'GET', headers)]
      expect([head.status, head.text], path).toEqual([get.status, ''])
    }
    await ask('/v1/events', 'HEAD', headers)
    await expect.poll(() => aside.running.app.load().readers).toBe(0)
  })

  it('says that it lives, and whether it can work', async () => {
    expect((await ask('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await ask('/readyz')).json()).toEqual({ status: 'ready' })
    const { app } = aside.running
    await app.drain(0, 0)
    const draining = await ask('/readyz')
    expect([draining.status, draining.error().code, draining.headers['retry-after']]).toEqual([
      503,
      'shutting_down',
      '2',
    ])
    expect((await ask('/healthz')).status).toBe(200)
  })
})
