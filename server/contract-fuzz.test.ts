import fc from 'fast-check'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Access, type EndpointName, ErrorBody, errors } from '@aside/protocol'
import { startAside } from './testing/aside.ts'
import { type ModelServer, startModelServer } from './testing/model-server.ts'
import { endpointNames, endpointOf, perform, type Specimen, specimens } from './testing/specimens.ts'
import { createWorld, type World } from './testing/world.ts'
import { stores } from './testing/stores.ts'

/** More of them find more: `ASIDE_TEST_RUNS=20000` takes minutes. */
const runs = Number(process.env['ASIDE_TEST_RUNS'] ?? 2_000)

/** What would tell a stranger how we are made. */
const inside =
  /\bat [\w.<>]+ \(|node_modules|\.ts:\d|\/work\/|\/tmp\/|file:\/\/|[Ss][Qq][Ll][Ii][Tt][Ee]_|\bselect\b .*\bfrom\b|insert into|violates|MikroORM|kysely|TypeError|undefined is not/

const nasty = fc.constantFrom<unknown>(
  ...[
    '',
    '\0',
    '%00',
    '__proto__',
    "' or 1=1; --",
    '../../etc/passwd',
    '${7*7}',
    '<script>alert(1)</script>',
    '\u202Etxt',
  ],
  ...['\ud800', 'x'.repeat(70_000), 'á'.repeat(8_001), '9'.repeat(30), '-1', '1e309', 'null', 'true', '[]', '{{7*7}}'],
  ...[null, true, 0, -1, 1e308, [], {}, [[[]]], { $ne: null }, { toString: 1 }, { length: -1 }],
)
const anything = fc.oneof({ weight: 3, arbitrary: nasty }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) })
const text = fc.oneof(
  nasty.filter((it) => typeof it === 'string' && it.isWellFormed()).map(String),
  fc.string({ unit: 'binary', maxLength: 30 }).filter((it) => it.isWellFormed()),
)

/** What is done to a valid call. `field` picks one of those there are. */
const change = fc.record({
  part: fc.constantFrom('params', 'query', 'body'),
  field: fc.oneof(
    { weight: 4, arbitrary: fc.nat(6) },
    { weight: 1, arbitrary: fc.constantFrom('tenantId', '__proto__', 'x') },
  ),
  value: anything,
  word: text,
  drop: fc.boolean(),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(specimen: Specimen, { part, field, value, word, drop }: Change): Specimen {
  const given = { ...specimen[part as 'body'] }
  const names = Object.keys(given)
  const name = typeof field === 'string' ? field : names[field % Math.max(1, names.length)]
  if (name === undefined) return specimen
  if (drop && typeof field === 'number') delete given[name]
  else
    Object.defineProperty(given, name, { value: part === 'body' ? value : word, enumerable: true, configurable: true })
  return { ...specimen, [part]: given }
}

const headers = fc.dictionary(
  fc.constantFrom(
    'accept',
    'accept-encoding',
    'content-type',
    'if-none-match',
    'if-match',
    'idempotency-key',
    'last-event-id',
    'origin',
    'x-api-key',
    'range',
  ),
  fc
    .oneof(
      fc.constantFrom('*/*', 'null', 'gzip', 'bytes=0-1', 'as_sk_live_x', '1-1', '"1"', '0123456789abcdef'),
      fc.string({ maxLength: 20 }),
    )
    .map(
      // A client cannot send what is no header text.
      (it) => it.replace(/[^\x20-\x7e]/g, '').trim(),
    ),
  { maxKeys: 1 },
)

describe.for(stores)('whatever is asked, on %s', (store) => {
  let models: ModelServer
  let world: World
  beforeAll(async () => {
    models = await startModelServer()
    world = await createWorld(await startAside({ store, modelUrl: models.url }))
  })
  afterAll(async () => {
    await world?.aside.stop()
    await models?.stop()
  })

  const request = fc.record({
    // Ending the session, the conversation, or the tenant, would end the test.
    name: fc.constantFrom<EndpointName>(
      ...endpointNames.filter((it) => !/^(endSession|closeConversation|logout|erase.*|removeApp)$/.test(it)),
    ),
    as: fc.option(
      fc.constantFrom<Access | 'nobody'>('nobody', 'page', 'visitor', 'secret', 'agent', 'refresh', 'operator'),
    ),
    changes: fc.array(change, { maxLength: 3 }),
    headers: fc.option(headers, { freq: 4 }),
    body: fc.option(
      fc.oneof(
        text,
        fc.uint8Array({ maxLength: 50 }).map((it) => Buffer.from(it)),
      ),
      { freq: 12 },
    ),
  })

  it('the answer keeps the contract, and shows nothing of the inside', { timeout: 60_000 + runs * 100 }, async () => {
    const statuses = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(request, async ({ name, as, changes, headers, body }) => {
        const { status, reply: shape, method, download } = endpointOf(name)
        const specimen = changes.reduce(changed, specimens[name](world))
        const reply = await perform(world, name, specimen, {
          ...(as ? { as } : {}),
          ...(headers ? { headers } : {}),
          ...(body && method !== 'GET' && method !== 'DELETE' ? { body } : {}),
        })
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
        // A store, and what it holds of a person, is all inside.
        if (!download) expect(reply.text).not.toMatch(inside)
        // Headers too large for any request are refused before there is one.
        if (reply.status === 304 || reply.status === 431) return
        if (reply.status >= 300) {
          const { error } = v.parse(ErrorBody, reply.json())
          expect(errors[error.code].status).toBe(reply.status)
          // The one that is ours to give: more was asked than is answered at once.
          if (reply.status >= 500) expect(error.code).toBe('overloaded')
          return
        }
        expect([status, 200]).toContain(reply.status)
        // With nothing in a place of its path, it is another endpoint that was asked.
        const isOther = Object.keys(specimens[name](world).params ?? {}).some((it) => !specimen.params?.[it])
        if (shape && !isOther) expect(v.parse(shape, reply.json())).toEqual(reply.json())
      }),
      { numRuns: runs },
    )
    // It would prove little if nothing got through, or nothing were refused.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 401, 404]))
  })
})
