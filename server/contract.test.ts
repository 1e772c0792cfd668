import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Access, type EndpointName, endpoints, ErrorBody, errors } from '@aside/protocol'
import { entities } from './app.ts'
import { startAside } from './testing/aside.ts'
import { type Beside, openBeside } from './testing/beside.ts'
import { type ModelServer, startModelServer } from './testing/model-server.ts'
import { type RawReply, send } from './testing/raw-request.ts'
import { endpointNames, endpointOf, perform, type Specimen, specimens } from './testing/specimens.ts'
import { createTalk, createToolCall, createWorld, type World } from './testing/world.ts'
import { stores } from './testing/stores.ts'

/** What a browser says of a page that is not ours. */
const foreign: Record<string, string>[] = [{ origin: 'https://shop.example' }, { 'sec-fetch-site': 'same-site' }]

const idShape = /^([a-z]{3})_[0-9a-z]{26}$/
const table = endpointNames.map((name) => ({ name, ...endpointOf(name) }))
const withBody = table.filter((it) => it.body)

/** The refusals there can be for who shows no credential. */
const strangers: Record<Access, string[]> = {
  public: [],
  page: ['origin_missing'],
  visitor: ['unauthenticated'],
  secret: ['unauthenticated'],
  agent: ['unauthenticated'],
  refresh: ['unauthenticated'],
  operator: ['unauthenticated'],
}

/** What only the server says of a thing. Where one of them may be given, it is the endpoint's own field, and in its specimen. */
const forbidden = [
  ...['tenantId', 'role', 'id', 'createdAt', 'updatedAt', 'createdBy', 'status', 'author', 'visitorId', 'keyId'],
  ...['hash', 'secret', 'epoch', 'version', 'handledBy', 'constructor', 'toString'],
]

describe.for(stores)('the contract, on %s', (store) => {
  let models: ModelServer
  let world: World
  let neighbour: World
  let other: World
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    const aside = await startAside({ store, modelUrl: models.url })
    world = await createWorld(aside)
    const talk = await createTalk(world.owner)
    neighbour = { ...world, ...talk, toolCall: await createToolCall(talk.visitor) }
    other = await createWorld(aside)
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await world?.aside.stop()
    await models?.stop()
  })

  const tables = entities
    .map((it) => it.meta.tableName!)
    .filter((it) => !['processes', 'audit_log', 'drafts'].includes(it))
  const rows = async () => Object.fromEntries(await Promise.all(tables.map(async (it) => [it, await beside.count(it)])))
  /** Nothing may be written by what is refused, but that it was. */
  async function writesNothing(work: () => Promise<void>): Promise<void> {
    const before = await rows()
    await work()
    expect(await rows()).toEqual(before)
  }

  function refusal(reply: RawReply): ErrorBody['error'] & { status: number } {
    const error = v.parse(
      v.strictObject({ error: v.strictObject(ErrorBody.entries.error.entries) }),
      reply.json(),
    ).error
    expect(reply.status).toBe(errors[error.code].status)
    expect(reply.status).toBeLessThan(500)
    expect(error.requestId).toBe(reply.headers['x-request-id'])
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(error.message.length).toBeLessThan(2_000)
    return { ...error, status: reply.status }
  }
  const paths = (reply: RawReply) => [...new Set((refusal(reply).issues ?? []).map((it) => it.path))]

  it('names every endpoint once, with the parameters its path has', () => {
    expect([...endpointNames].sort()).toEqual(Object.keys(endpoints).sort())
    expect(new Set(table.map((it) => `${it.method} ${it.path}`)).size).toBe(table.length)
    for (const { name, path } of table)
      expect(Object.keys(specimens[name](world).params ?? {}).sort(), name).toEqual(
        [...path.matchAll(/:(\w+)/g)].map((it) => it[1]).sort(),
      )
  })

  it.for(table)('$name refuses who shows nothing, and who shows the wrong thing', async ({ name, access }) => {
    if (access === 'public') return
    await writesNothing(async () => {
      const specimen = specimens[name](world)
      expect(strangers[access]).toContain(refusal(await perform(world, name, specimen, { as: 'nobody' })).code)
      const wrong = (['visitor', 'secret', 'agent', 'refresh', 'operator'] as const).filter(
        (it) => it !== access && !(access === 'secret' && (it === 'operator' || it === 'agent')) && access !== 'page',
      )
      for (const as of wrong) expect([401, 403]).toContain(refusal(await perform(world, name, specimen, { as })).status)
      if (access === 'operator' || access === 'secret') {
        const browser = { headers: { origin: 'https://shop.example' } }
        expect(refusal(await perform(world, name, specimen, browser)).code).toBe('secret_key_in_browser')
      }
      for (const as of ['agent', 'refresh'] as const)
        if (access === as || (access === 'secret' && as === 'agent'))
          for (const headers of foreign)
            expect(refusal(await perform(world, name, specimen, { as, headers })).code).toBe('origin_not_allowed')
    })
  })

  /** Every place of a call where an id stands: the same call with another id there. */
  function slots(specimen: Specimen): { where: string; prefix: string; put(id: string): Specimen }[] {
    return (['params', 'query', 'body'] as const).flatMap((part) =>
      Object.entries(specimen[part] ?? {}).flatMap(([field, value]) => {
        const prefix = typeof value === 'string' ? idShape.exec(value)?.[1] : undefined
        const put = (id: string) => ({ ...specimen, [part]: { ...specimen[part], [field]: id } })
        return prefix === undefined ? [] : [{ where: `${part}.${field}`, prefix, put }]
      }),
    )
  }
  const idsOf = (it: World): Record<string, string> => ({
    ten: it.owner.tenantId,
    app: it.owner.app.id,
    cnv: it.conversationId,
    msg: it.answer.id,
    trn: it.turnId,
    fil: it.fileId,
    src: it.sourceId,
    key: it.key.key.id,
    ids: it.otherIdentitySecret.identitySecret.id,
    cfg: it.config.id,
    agt: it.invited.agent.id,
    vis: it.visitor.session.session.visitorId,
    hld: it.hold.id,
    tcl: it.toolCall.callId,
  })

  it('answers for another tenant’s things, and another visitor’s, as for things that do not exist', async () => {
    const seen = new Set<string>()
    await writesNothing(async () => {
      for (const { name, access } of table) {
        // The operator may in any tenant.
        if (access === 'public' || access === 'page' || access === 'operator') continue
        const specimen = specimens[name](world)
        const asked =
          access === 'secret' && endpointOf(name).query
            ? { ...specimen, query: { ...specimen.query, tenantId: world.owner.tenantId } }
            : specimen
        for (const { where, prefix, put } of slots(
          name === 'listConversations' ? { query: { before: world.conversationId } } : asked,
        )) {
          const ask = async (id: string) => {
            const reply = await perform(world, name, put(id))
            const { requestId, ...error } = refusal(reply)
            const { date: _, 'x-request-id': __, ...headers } = reply.headers
            return { bytes: reply.text.replace(requestId, ''), error, headers }
          }
          const nobodys = await ask(`${prefix}_${'0'.repeat(26)}`)
          expect(nobodys.error, `${name} ${where}`).toMatchObject({ status: 404, code: 'not_found' })
          expect(await ask(idsOf(other)[prefix]!), `${name} ${where}`).toEqual(nobodys)
          seen.add(prefix)
          if (access === 'visitor') expect(await ask(idsOf(neighbour)[prefix]!)).toEqual(nobodys)
        }
      }
    })
    expect([...seen].sort()).toEqual(Object.keys(idsOf(world)).sort())
    expect(
      (await send(`${world.aside.url}/v1/admin/apps`, { headers: { 'x-api-key': other.key.secret } })).status,
    ).toBe(200)
  })

  it.for(withBody)('$name refuses every body that cannot be one', async ({ name }) => {
    const { body: valid, ...rest } = specimens[name](world)
    const ask = (body: string | Buffer, headers: Record<string, string> = {}) =>
      perform(world, name, rest, { body, headers })
    const text = JSON.stringify(valid)
    await writesNothing(async () => {
      expect(refusal(await ask(''))).toMatchObject({ code: 'body_missing', issues: [{ path: 'body' }] })
      expect(refusal(await perform(world, name, rest))).toMatchObject({ code: 'body_missing' })
      for (const broken of [text.slice(0, -1), `${text}x`, '{', '[1,', 'nothing', "{'a':1}", '['.repeat(50_000)])
        expect(refusal(await ask(broken))).toMatchObject({ code: 'bad_request', issues: [{ path: 'body' }] })
      const badBytes = Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff, 0xc3]), Buffer.from('"}')])
      expect(refusal(await ask(badBytes))).toMatchObject({ code: 'invalid_encoding', issues: [{ path: 'body' }] })
      const megabyte = await ask(JSON.stringify({ ...valid, padding: 'x'.repeat(1_000_000) }))
      expect(refusal(megabyte).code).toBe('body_too_large')
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/html', 'application/jsonp'])
        expect(refusal(await ask(text, { 'content-type': type })).code).toBe('unsupported_media_type')
      for (const encoding of ['gzip', 'br', 'x'])
        expect(refusal(await ask(text, { 'content-encoding': encoding })).code).toBe('unsupported_media_type')
      for (const [field, value] of Object.entries(valid ?? {}))
        for (const unstorable of ['a\0b', 'a\ud800'])
          if (typeof value === 'string')
            expect(refusal(await ask(JSON.stringify({ ...valid, [field]: unstorable })))).toMatchObject({ status: 400 })
      for (const whole of ['null', '[]', '"text"', '1', 'true', `[${text}]`])
        expect(refusal(await ask(whole))).toMatchObject({ code: 'invalid_input', status: 400 })
    })
  })

  it.for(withBody)('$name names each field that is wrong, missing or unknown', async ({ name }) => {
    const { body: valid = {}, ...rest } = specimens[name](world)
    const ask = (body: string) => perform(world, name, rest, { body })
    await writesNothing(async () => {
      for (const field of Object.keys(valid)) {
        const odd = [null, {}, [], [[]], { $gt: '' }, 1.5, 'x'.repeat(9_000)]
        for (const value of [...odd, typeof valid[field] === 'string' ? 7 : 'seven']) {
          // An empty list may stand for an empty object, and the other way round: nothing is lost.
          if (typeof valid[field] === 'object' && ['{}', '[]'].includes(JSON.stringify(value))) continue
          const found = paths(await ask(JSON.stringify({ ...valid, [field]: value })))
          expect(
            found.some((it) => it.startsWith(`body.${field}`)),
            `${field}: ${JSON.stringify(value)?.slice(0, 50)}`,
          ).toBe(true)
        }
      }
      for (const extra of forbidden)
        if (!(extra in valid))
          expect(paths(await ask(JSON.stringify({ ...valid, [extra]: 'x' }))), extra).toContain(`body.${extra}`)
      const text = JSON.stringify(valid)
      for (const own of ['"__proto__":{"role":"owner"}', '"constructor":{"prototype":{"role":"owner"}}'])
        expect(refusal(await ask(`{${[own, ...(text === '{}' ? [] : [text.slice(1, -1)])].join(',')}}`)).code).toBe(
          'invalid_input',
        )
      expect(({} as Record<string, unknown>)['role']).toBeUndefined()
      if (!v.is(endpointOf(name).body!, {})) expect(refusal(await ask('{}')).code).toBe('invalid_input')
    })
  })

  it('refuses a clientId that is none wherever there is one', async () => {
    const wrong = [
      'x'.repeat(300),
      'short',
      '',
      '🦦'.repeat(16),
      "' or 1=1; --------",
      '__proto__',
      'a'.repeat(15),
      'a b'.repeat(8),
    ]
    for (const { name } of withBody) {
      const { body, ...rest } = specimens[name](world)
      if (!body || !('clientId' in body)) continue
      for (const clientId of wrong)
        expect(paths(await perform(world, name, { ...rest, body: { ...body, clientId } }))).toEqual(['body.clientId'])
    }
  })

  it.for(table)('$name takes its query once each, and nothing besides', async ({ name, params }) => {
    const specimen = specimens[name](world)
    await writesNothing(async () => {
      for (const extra of ['nothing', 'tenant_id', '__proto__', 'constructor', 'limit[]', 'sort'])
        expect(paths(await perform(world, name, { ...specimen, query: { ...specimen.query, [extra]: '1' } }))).toEqual([
          `query.${extra}`,
        ])
      for (const [field, value] of Object.entries(specimen.query ?? {})) {
        const twice = await send(
          `${world.aside.url}${endpointOf(name).path.replace(/:(\w+)/g, (_, it: string) => specimen.params?.[it] ?? '')}?${field}=${encodeURIComponent(value)}&${field}=2`,
          { method: endpointOf(name).method },
        )
        expect(refusal(twice)).toMatchObject({
          code: 'invalid_input',
          issues: [{ path: `query.${field}`, message: 'given twice' }],
        })
      }
      if (!params) return
      for (const field of Object.keys(specimen.params ?? {}))
        for (const wrong of [
          'x',
          '..',
          '%',
          "'--",
          'app_%00',
          `${'a'.repeat(3)}_${'0'.repeat(27)}`,
          '💣',
          'x'.repeat(3_000),
        ])
          expect([
            [`params.${field}`, 400],
            [undefined, 404],
          ]).toContainEqual(
            ((it) => [it.issues?.[0]?.path, it.status])(
              refusal(await perform(world, name, { ...specimen, params: { ...specimen.params, [field]: wrong } })),
            ),
          )
    })
  })

  it('reads numbers in a query within their bounds only', async () => {
    const numbers: [EndpointName, string][] = [
      ['listConversations', 'limit'],
      ['listMessages', 'limit'],
      ['listMessages', 'before'],
      ['searchSources', 'limit'],
    ]
    for (const [name, field] of numbers)
      for (const value of ['', '-1', '1e9', '1000000000000', '0x1', 'NaN', '1.5', ' 1', 'null', '９']) {
        const specimen = specimens[name](world)
        const reply = await perform(world, name, { ...specimen, query: { ...specimen.query, [field]: value } })
        expect(paths(reply), `${name} ${field}=${value}`).toEqual([`query.${field}`])
      }
  })

  it('refuses a document that cannot be one', async () => {
    const { query } = specimens.addSource(world)
    const ask = (more: Parameters<typeof perform>[3]) => perform(world, 'addSource', { query: query! }, more)
    const as = (type: string, more: Record<string, string> = {}) => ({ headers: { 'content-type': type, ...more } })
    await writesNothing(async () => {
      expect(refusal(await ask(as('text/markdown'))).code).toBe('body_missing')
      expect(refusal(await ask({ body: '' })).code).toMatch(/body_missing|unsupported_media_type/)
      expect(refusal(await ask({ body: 'x', ...as('application/pdf') })).code).toBe('unsupported_media_type')
      const zipped = as('text/markdown', { 'content-encoding': 'gzip' })
      expect(refusal(await ask({ body: 'x', ...zipped })).code).toBe('unsupported_media_type')
      const binary = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe, 0, 0, 0x80])
      expect(refusal(await ask({ body: binary, ...as('text/markdown') })).code).toMatch(
        /unsupported_source|invalid_encoding/,
      )
      expect(refusal(await ask({ body: binary, ...as('application/octet-stream') })).code).toMatch(
        /unsupported_source|invalid_/,
      )
      for (const name of ['', 'a\nb', 'a\0b', 'n'.repeat(401)])
        expect(
          paths(await perform(world, 'addSource', { ...specimens.addSource(world), query: { ...query!, name } })),
        ).toEqual(['query.name'])
    })
  })

  // Last, for some of them end what the others need.
  it.for(table)('$name answers as it says, to whoever may ask', async (endpoint) => {
    const { name, status, reply: shape, stream, download } = endpoint
    // Postgres brings a program of its own for that.
    if (name === 'backupStore' && store === 'postgres') return
    const reply = await perform(world, name, specimens[name](world))
    expect(reply.status, reply.text).toBe(status)
    if (stream) expect(reply.headers['content-type']).toMatch(/^text\/event-stream/)
    else if (download)
      expect([download.type, `${download.type}; charset=utf-8`]).toContain(reply.headers['content-type'])
    else if (shape) expect(v.parse(shape, reply.json())).toEqual(reply.json())
    else expect(reply.text).toBe('')
  })
})
