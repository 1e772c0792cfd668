import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Access,
  type AuditEntry,
  createClient,
  createKey,
  listApps,
  listAudit,
  pages,
  updateApp,
  type Endpoint,
} from '@aside/protocol'
import { acrossTenants, createLog } from '../platform/index.ts'
import { type Aside, ORIGIN, startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { endpointNames, endpointOf, perform, specimens } from '../testing/specimens.ts'
import { createWorld, type World } from '../testing/world.ts'
import { send, sendJson } from '../testing/raw-request.ts'
import { createStaff } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

/** To take a copy of somebody's words is an act, though it is a GET. */
const isReading = ({ method, stream, audit }: Endpoint) => method === 'GET' && !stream && !audit

describe.for(stores)('the audit log, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let world: World
  let beside: Beside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    world = await createWorld(aside)
    beside = await openBeside(aside.store)
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const count = () => beside.count('audit_log')
  const sql = (text: string) => acrossTenants(beside.db, createLog('silent')).execute(text)
  /** Of everybody, as the operator sees it. */
  const newest = async (): Promise<AuditEntry> =>
    (await aside.operator.call(listAudit, { query: { limit: '1' } })).entries[0]!

  it('has exactly one row more after each act that says so, and none after one that does not', async () => {
    const acts = endpointNames.filter((name) => endpointOf(name).audit)
    for (const name of endpointNames) {
      const { method, access, audit, scope } = endpointOf(name)
      if (access === 'secret' || access === 'operator')
        if (method !== 'GET' && !scope?.endsWith(':read'))
          expect(audit, `${name} changes something for an owner: what is it called?`).toBeDefined()
    }
    for (const name of acts) {
      // It writes a row for each batch of what it erases, and its specimen only asks what that would be.
      if (name === 'applyRetention') continue
      // Of Postgres others make copies.
      if (name === 'backupStore' && store === 'postgres') continue
      const before = await count()
      const specimen = specimens[name](world)
      const reply = await perform(world, name, specimen)
      expect(reply.status, `${name}: ${reply.text}`).toBeLessThan(300)
      // With a tenant its own rows go.
      if (name !== 'eraseTenant') expect(await count(), name).toBe(before + 1)
      const entry = await newest()
      expect(entry, name).toMatchObject({ action: endpointOf(name).audit, result: 'done' })
      // A visitor's address is theirs, and this log outlives what they erase.
      expect(entry.ip, name).toBe(endpointOf(name).access === 'visitor' ? undefined : '127.0.0.1')
      // What anybody may ask for and is written down: agents who come in.
      const kinds: Partial<Record<Access, string>> = {
        operator: 'operator',
        secret: 'key',
        public: 'agent',
        visitor: 'visitor',
      }
      expect(entry.actor.kind, name).toBe(kinds[endpointOf(name).access])
      expect(entry.requestId).toBe(reply.headers['x-request-id'])
      if (name !== 'backupStore') expect(entry.target, name).toMatch(/^[a-z]{3}_[0-9a-z]{26}$/)
    }
    for (const name of endpointNames.filter((it) => isReading(endpointOf(it)))) {
      const before = await count()
      await perform(world, name, specimens[name](world))
      expect(await count(), name).toBe(before)
    }
  })

  it('keeps no secret, and no words of a person', async () => {
    const { rows } = await sql('select * from audit_log')
    const whole = JSON.stringify(rows)
    for (const word of [world.key.secret, world.owner.secret, 'otter', 'Ottilie', 'And what does she like'])
      expect(whole).not.toContain(word)
    expect(whole).not.toMatch(/as_sk_|vst_|as_op_/)
  })

  it('cannot be changed, and not be shortened while its tenant is there', async () => {
    const before = await count()
    for (const text of [
      "update audit_log set action = 'app.created'",
      'delete from audit_log',
      `delete from audit_log where tenant_id = '${world.owner.tenantId}'`,
      "delete from audit_log where tenant_id = '-'",
    ])
      await sql(text).then(
        ({ affected }) => expect(affected, text).toBe(0),
        (error: Error) => expect(error.message).toMatch(/append-only/),
      )
    expect(await count()).toBe(before)
  })

  it('has nothing of what was taken back', async () => {
    const before = await count()
    const client = world.owner.client
    const wrong = { params: { appId: world.owner.app.id }, body: { allowedOrigins: ['https://*.co.uk'] } }
    await expect(client.call(updateApp, wrong)).rejects.toMatchObject({ code: 'invalid_input' })
    const scope = beside.scope(world.owner.tenantId)
    const failed = scope.transaction(async (tx) => {
      await beside.audit.record(tx, { action: 'app.updated' })
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    await expect(beside.audit.record(scope, { action: 'app.updated' })).rejects.toThrow(/in the transaction/)
    expect(await count()).toBe(before)
  })

  it('tells of a secret key in a browser, and of a scope that was missing, once a minute each', async () => {
    const { client } = world.owner
    const { key, secret } = await client.call(createKey, { body: { name: 'Narrow', scopes: ['chat'] } })
    const before = await count()
    for (let i = 0; i < 5; i++) {
      const inBrowser = { 'x-api-key': secret, origin: ORIGIN }
      const reply = await send(`${aside.url}/v1/admin/apps`, { headers: inBrowser })
      expect(reply.error().code).toBe('secret_key_in_browser')
    }
    expect(await newest()).toMatchObject({
      action: 'key.refused',
      target: key.id,
      result: 'refused',
      detail: { origin: ORIGIN },
      tenantId: world.owner.tenantId,
    })
    const narrow = createClient({ baseUrl: aside.url, token: () => secret })
    for (let i = 0; i < 5; i++) await expect(narrow.call(listApps, {})).rejects.toMatchObject({ code: 'scope_missing' })
    expect(await newest()).toMatchObject({
      action: 'access.refused',
      result: 'refused',
      actor: { kind: 'key', id: key.id },
      detail: { scope: 'apps:read' },
    })
    expect(await count()).toBe(before + 2)
  })

  it('keeps the row of a refusal that took a transaction back, and tells of another detail within the minute', async () => {
    const owner = await aside.owner()
    const admin = await createStaff(aside, owner, 'admin')
    const invite = (role: string, email: string) =>
      sendJson(
        `${aside.url}/v1/admin/agents`,
        { email, name: 'Above', role },
        { authorization: `Bearer ${admin.accessToken}`, 'idempotency-key': crypto.randomUUID() },
      )
    const refusals = async () =>
      (await owner.client.call(listAudit, { query: { actor: admin.agent.id, action: 'access.refused' } })).entries
    for (let i = 0; i < 3; i++) expect((await invite('owner', `o${i}@acme.example`)).error().code).toBe('forbidden')
    const [row, ...more] = await refusals()
    expect([row, more.length]).toMatchObject([{ result: 'refused', detail: { role: 'owner' } }, 0])
    const scopes = ['tenant:write', 'privacy:write']
    for (const scope of scopes) {
      const body = { name: 'Above', scopes: ['chat', scope] }
      const headers = { authorization: `Bearer ${admin.accessToken}`, 'idempotency-key': crypto.randomUUID() }
      for (let i = 0; i < 2; i++)
        expect((await sendJson(`${aside.url}/v1/admin/keys`, body, headers)).error().code).toBe('scope_missing')
    }
    expect((await refusals()).map((it) => it.detail?.['scope'] ?? it.detail?.['role'])).toEqual([
      ...scopes.toReversed(),
      'owner',
    ])
  })

  it('lets nobody fill it with refusals that differ in what the caller chose', async () => {
    const scope = beside.scope(world.owner.tenantId)
    const before = await count()
    for (let i = 0; i < 30; i++)
      await beside.audit.refused(scope, { action: 'key.refused', detail: { origin: `https://${i}.example` } })
    expect(await count()).toBe(before + 20)
  })

  it('is found by what was done, by whom, to what and since when, and only by its own tenant', async () => {
    const owner = await aside.owner()
    const [since] = [new Date().toISOString()]
    const { key } = await owner.client.call(createKey, { body: { name: 'Found', scopes: ['chat'] } })
    const found = async (query: object) =>
      (await owner.client.call(listAudit, { query })).entries.map((it) => it.action)
    expect(await found({ target: key.id })).toEqual(['key.created'])
    expect(await found({ since, action: 'key.created' })).toEqual(['key.created'])
    expect(await found({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([])
    expect(await found({ actor: key.id })).toEqual([])
    const all: AuditEntry[] = []
    for await (const page of pages(owner.client, listAudit, { query: { limit: '2' } })) all.push(...page.entries)
    expect(all.map((it) => it.action)).toEqual(['key.created', 'key.created', 'app.created', 'tenant.created'])
    expect(new Set(all.map((it) => it.tenantId))).toEqual(new Set([owner.tenantId]))
  })
})
