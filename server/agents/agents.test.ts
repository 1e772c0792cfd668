import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  createAgent,
  createClient,
  createKey,
  inviteAgent,
  listAgents,
  listApps,
  listAudit,
  readMe,
  removeAgent,
  revokeKey,
  type Role,
  type Scope,
  scopes,
  updateAgent,
  type WorkingKey,
} from '@aside/protocol'
import { boot } from '../boot.ts'
import { createLog, parseConfig } from '../platform/index.ts'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { type RawReply, send, sendJson } from '../testing/raw-request.ts'
import { createStaff, signIn } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

const DAY_MS = 86_400_000

describe.for(stores)('the people of a tenant, on %s', (store) => {
  let laterMs = 0
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store, boot: { edge: { now: () => Date.now() + laterMs } } })
    owner = await aside.owner()
  })
  afterAll(() => aside?.stop())

  let people = 0
  const newcomer = (role: Role = 'agent') => ({ email: `person-${++people}@acme.example`, name: 'A person', role })
  const accept = (token: string, password: string) => sendJson(`${aside.url}/v1/agents/accept`, { token, password })
  const login = (email: string, password: string, more: object = {}) =>
    sendJson(`${aside.url}/v1/agents/login`, { email, password, ...more })
  const codeOf = (reply: RawReply) => [reply.status, reply.error().code]
  const rows = async (query: object) => (await owner.client.call(listAudit, { query })).entries
  const query = () => ({ tenantId: owner.tenantId })
  const keyWith = async (given: Scope[]) => {
    const { secret } = await owner.client.call(createKey, { query: {}, body: { name: 'A key', scopes: given } })
    return createClient({ baseUrl: aside.url, token: () => secret })
  }

  it('come in by an invitation, once, with a password of their own', async () => {
    const body = { ...newcomer(), email: ' Anna.Berg@Acme.Example ' }
    const { agent, invitation } = await owner.client.call(createAgent, { query: {}, body })
    expect(agent).toMatchObject({ email: 'anna.berg@acme.example', role: 'agent', status: 'invited' })
    expect(invitation.token).toMatch(/^inv_[\w-]{43}$/)
    expect(Date.parse(invitation.expiresAt) - Date.now()).toBeGreaterThan(6.9 * DAY_MS)
    const password = 'four quiet otters'
    expect(codeOf(await login(body.email, password))).toEqual([401, 'unauthenticated'])
    const accepted = await accept(invitation.token, password)
    expect(accepted.json()).toMatchObject({ id: agent.id, status: 'active' })
    expect(accepted.text).not.toContain('invitedUntil')
    expect(codeOf(await accept(invitation.token, 'another password'))).toEqual([404, 'not_found'])
    const signedIn = await login('ANNA.BERG@acme.example', password)
    expect(signedIn.json()).toMatchObject({ agent: { id: agent.id, tenantId: owner.tenantId } })
    expect((await rows({ target: agent.id })).map((it) => it.action)).toEqual([
      'agent.login',
      'agent.accepted',
      'agent.login_refused',
      'agent.created',
    ])
    await expect(owner.client.call(createAgent, { query: {}, body })).rejects.toMatchObject({ code: 'conflict' })
    // Nothing that opens anything is shown again, or kept.
    const { agents } = await owner.client.call(listAgents, { query: {} })
    expect(JSON.stringify(agents)).not.toMatch(/inv_|argon2|password/i)
  })

  it('come in too late a week later, and not with a password that is easily guessed', async () => {
    const { invitation, agent } = await owner.client.call(createAgent, { query: {}, body: newcomer() })
    const easy = ['short', 'Password12345', '123456789012', 'aaaaaaaaaaaaaaaa', 'Qwertyuiop123!', agent.email]
    for (const password of easy) {
      const reply = await accept(invitation.token, password)
      expect([reply.status, reply.error().issues?.[0]?.path], password).toEqual([400, 'body.password'])
    }
    laterMs = 7 * DAY_MS + 1_000
    expect(codeOf(await accept(invitation.token, 'nine otters swim'))).toEqual([404, 'not_found'])
    laterMs = 0
    expect((await accept(invitation.token, 'nine otters swim')).status).toBe(200)
  })

  it('are invited anew when a password is lost: the old one, and whoever is signed in with it, is out', async () => {
    const anna = await createStaff(aside, owner, 'agent')
    const again = await owner.client.call(inviteAgent, { params: { agentId: anna.agent.id }, query: {} })
    expect(again.agent).toMatchObject({ id: anna.agent.id, status: 'invited' })
    await expect(anna.client.call(readMe, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(codeOf(await login(anna.email, anna.password))).toEqual([401, 'unauthenticated'])
    const third = await owner.client.call(inviteAgent, { params: { agentId: anna.agent.id }, query: {} })
    expect(codeOf(await accept(again.invitation.token, 'the second choice'))).toEqual([404, 'not_found'])
    expect((await accept(third.invitation.token, 'the third choice')).status).toBe(200)
    expect((await login(anna.email, 'the third choice')).status).toBe(200)
  })

  it('are taken over by nobody of their own rank: only an owner, or they themselves, replace what they sign in with', async () => {
    const [anna, ben] = [await createStaff(aside, owner, 'admin'), await createStaff(aside, owner, 'admin')]
    const of = (agentId: string) => ({ params: { agentId }, query: {} })
    const refused = { code: 'forbidden', status: 403 }
    const headers = { headers: { 'idempotency-key': crypto.randomUUID() } }
    for (const [who, client] of [
      [ben.agent.id, ben.client],
      [undefined, owner.client],
    ] as const) {
      await expect(client.call(inviteAgent, of(anna.agent.id), headers)).rejects.toMatchObject(refused)
      // Nor by the way round: made less, invited anew, and made as much again.
      const body = { role: 'agent' as const }
      await expect(client.call(updateAgent, { ...of(anna.agent.id), body })).rejects.toMatchObject(refused)
      if (who)
        expect(await rows({ actor: who, target: anna.agent.id })).toMatchObject([
          { action: 'access.refused', result: 'refused', detail: { role: 'admin' } },
        ])
    }
    expect((await anna.client.call(readMe, {})).status).toBe('active')
    // Who has never come in has nothing that could be taken; a lesser one asks an admin for it.
    const fresh = await ben.client.call(createAgent, { query: {}, body: newcomer('admin') })
    await ben.client.call(inviteAgent, of(fresh.agent.id))
    const lesser = await createStaff(aside, owner, 'agent')
    await ben.client.call(inviteAgent, of(lesser.agent.id))
    const boss = await createStaff(aside, owner, 'owner')
    await boss.client.call(inviteAgent, of(ben.agent.id))
    const own = await anna.client.call(inviteAgent, of(anna.agent.id))
    expect((await accept(own.invitation.token, 'my own next choice')).status).toBe(200)
  })

  it('leave keys that still work, which are named when they go: those made with their keys as well', async () => {
    const anna = await createStaff(aside, owner, 'admin')
    const make = async (client: Client, name: string, more: object = {}) =>
      client.call(createKey, { query: {}, body: { name, scopes: ['keys:write', 'apps:read'], ...more } })
    const first = await make(anna.client, 'First')
    const byFirst = await make(createClient({ baseUrl: aside.url, token: () => first.secret }), 'By the first')
    const page = await make(anna.client, 'Page', { kind: 'publishable', appId: owner.app.id })
    await make(owner.client, 'Not hers')
    await owner.client.call(revokeKey, { params: { keyId: first.key.id }, query: {} })
    const of = { params: { agentId: anna.agent.id }, query: {} }
    const names = ({ keys }: { keys?: WorkingKey[] | undefined }) => keys?.map((it) => it.name)
    expect(names(await owner.client.call(updateAgent, { ...of, body: { name: 'Anna' } }))).toBeUndefined()
    const disabled = await owner.client.call(updateAgent, { ...of, body: { disabled: true } })
    expect(disabled).toMatchObject({ status: 'disabled' })
    expect(names(disabled)).toEqual(['Page', 'By the first'])
    const [shown] = disabled.keys!.filter((it) => it.id === byFirst.key.id)
    expect(byFirst.secret.startsWith(shown!.prefix) && byFirst.secret.endsWith(shown!.hint)).toBe(true)
    expect(byFirst.secret.length - shown!.prefix.length).toBeGreaterThan(35)
    const still = createClient({ baseUrl: aside.url, token: () => byFirst.secret })
    expect((await still.call(listApps, { query: {} })).apps).toHaveLength(1)
    await owner.client.call(revokeKey, { params: { keyId: page.key.id }, query: {} })
    const removed = await owner.client.call(removeAgent, of)
    expect([removed.id, names(removed)]).toEqual([anna.agent.id, ['By the first']])
    const told = await rows({ target: anna.agent.id })
    expect(told.find((it) => it.action === 'agent.removed')?.detail).toEqual({ role: 'admin', keys: 1 })
    expect(told.find((it) => it.detail?.['disabled'] === true)?.detail).toMatchObject({ keys: 2 })
  })

  it('act through the whole admin API as their role allows, and their change of role holds at once', async () => {
    const anna = await createStaff(aside, owner, 'viewer')
    expect((await anna.client.call(listApps, { query: {} })).apps.map((it) => it.id)).toEqual([owner.app.id])
    const change = (changes: object) =>
      owner.client.call(updateAgent, { params: { agentId: anna.agent.id }, query: {}, body: changes })
    const invite = () => anna.client.call(createAgent, { query: {}, body: newcomer() })
    await expect(invite()).rejects.toMatchObject({ code: 'scope_missing', status: 403 })
    expect(await rows({ actor: anna.agent.id, action: 'access.refused' })).toMatchObject([
      { result: 'refused', actor: { kind: 'agent' }, detail: { scope: 'agents:write' } },
    ])
    await change({ role: 'admin' })
    expect((await invite()).agent.createdBy).toBe(anna.agent.id)
    // What an admin is, a key does not change.
    await expect(change({ role: 'viewer' })).rejects.toMatchObject({ code: 'forbidden' })
    await aside.operator.call(updateAgent, {
      params: { agentId: anna.agent.id },
      query: query(),
      body: { role: 'viewer' },
    })
    await expect(invite()).rejects.toMatchObject({ code: 'scope_missing' })
    expect(await rows({ target: anna.agent.id, action: 'agent.updated' })).toMatchObject([
      { detail: { before: 'admin', role: 'viewer' } },
      { detail: { before: 'viewer', role: 'admin' } },
    ])
  })

  it('are out at once when they are disabled or removed, and in again when they are not', async () => {
    const [anna, ben] = [await createStaff(aside, owner, 'agent'), await createStaff(aside, owner, 'agent')]
    const disable = (disabled: boolean) =>
      owner.client.call(updateAgent, { params: { agentId: anna.agent.id }, query: {}, body: { disabled } })
    await anna.client.call(readMe, {})
    expect(await disable(true)).toMatchObject({ status: 'disabled' })
    await expect(anna.client.call(readMe, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(codeOf(await login(anna.email, anna.password))).toEqual([401, 'unauthenticated'])
    const renew = { method: 'POST', headers: { cookie: anna.cookie, 'content-type': 'application/json' }, body: '{}' }
    expect((await send(`${aside.url}/v1/agents/refresh`, renew)).status).toBe(401)
    await disable(false)
    await expect(anna.client.call(readMe, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    expect((await signIn(aside, anna)).agent.status).toBe('active')

    await ben.client.call(readMe, {})
    await owner.client.call(removeAgent, { params: { agentId: ben.agent.id }, query: {} })
    await expect(ben.client.call(readMe, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(
      owner.client.call(removeAgent, { params: { agentId: ben.agent.id }, query: {} }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  it('keep an owner: the last one is neither removed, nor disabled, nor made anything less, not even by two at once', async () => {
    const other = await aside.owner()
    const of = { query: { tenantId: other.tenantId } }
    const [anna, ben] = [await createStaff(aside, other, 'owner'), await createStaff(aside, other, 'owner')]
    const params = (it: typeof anna) => ({ params: { agentId: it.agent.id }, ...of })
    const both = await Promise.allSettled([
      anna.client.call(removeAgent, params(ben)),
      ben.client.call(updateAgent, { ...params(anna), body: { role: 'viewer' } }),
    ])
    expect(both.filter((it) => it.status === 'fulfilled')).toHaveLength(1)
    const last = both[0].status === 'fulfilled' ? anna : ben
    for (const body of [{ role: 'admin' as const }, { disabled: true }])
      await expect(aside.operator.call(updateAgent, { ...params(last), body })).rejects.toMatchObject({
        code: 'conflict',
      })
    await expect(last.client.call(removeAgent, params(last))).rejects.toMatchObject({ code: 'conflict' })
    await last.client.call(updateAgent, { ...params(last), body: { name: 'The last', role: 'owner' } })
    expect(await last.client.call(readMe, {})).toMatchObject({ role: 'owner', name: 'The last' })
  })

  it('give nobody a role above their own, and touch nobody who has one; a key gives no more than it has', async () => {
    const [admin, boss] = [await createStaff(aside, owner, 'admin'), await createStaff(aside, owner, 'owner')]
    const refused = { code: 'forbidden', status: 403 }
    const params = { params: { agentId: boss.agent.id }, query: {} }
    const own = { params: { agentId: admin.agent.id }, query: {} }
    for (const client of [admin.client, owner.client]) {
      await expect(client.call(createAgent, { query: {}, body: newcomer('owner') })).rejects.toMatchObject(refused)
      await expect(client.call(updateAgent, { ...params, body: { name: 'Mine' } })).rejects.toMatchObject(refused)
      await expect(client.call(updateAgent, { ...own, body: { role: 'owner' } })).rejects.toMatchObject(refused)
      await expect(client.call(inviteAgent, params)).rejects.toMatchObject(refused)
      await expect(client.call(removeAgent, params)).rejects.toMatchObject(refused)
    }
    expect(await rows({ target: boss.agent.id, action: 'access.refused' })).toHaveLength(2)
    await owner.client.call(createAgent, { query: {}, body: newcomer('admin') })
    const few = await keyWith(['agents:write', ...scopes.filter((it) => it.endsWith(':read'))])
    await few.call(createAgent, { query: {}, body: newcomer('viewer') })
    await expect(few.call(createAgent, { query: {}, body: newcomer('admin') })).rejects.toMatchObject(refused)
    const none = await keyWith(['agents:write'])
    await expect(none.call(createAgent, { query: {}, body: newcomer('viewer') })).rejects.toMatchObject(refused)
    await aside.operator.call(createAgent, { query: query(), body: newcomer('owner') })
  })

  it('are of one tenant: another one neither sees them, nor is seen by them', async () => {
    const other = await aside.owner()
    const anna = await createStaff(aside, other, 'owner')
    expect((await owner.client.call(listAgents, { query: {} })).agents.map((it) => it.id)).not.toContain(anna.agent.id)
    const there = { params: { agentId: anna.agent.id }, query: {} }
    await expect(owner.client.call(removeAgent, there)).rejects.toMatchObject({ code: 'not_found' })
    await expect(anna.client.call(listApps, { query: query() })).rejects.toMatchObject({ code: 'not_found' })
    const { apps } = await anna.client.call(listApps, { query: {} })
    expect(apps.map((it) => it.id)).toEqual([other.app.id])
  })

  it.runIf(store === 'postgres')('are out within a second on every other process of the same store', async () => {
    const beside = await boot(
      parseConfig({ ASIDE_DATA_DIR: `${aside.store.dataDir}/beside`, ASIDE_PORT: '0', DATABASE_URL: aside.store.url }),
      { strict: true, log: createLog('silent') },
    )
    try {
      const anna = await createStaff(aside, owner, 'viewer')
      const there = createClient({ baseUrl: beside.url, token: () => anna.accessToken })
      expect(await there.call(readMe, {})).toMatchObject({ id: anna.agent.id })
      await owner.client.call(updateAgent, { params: { agentId: anna.agent.id }, query: {}, body: { disabled: true } })
      const since = performance.now()
      await expect
        .poll(() => there.call(readMe, {}).catch((error: { code: string }) => error.code), {
          interval: 20,
          timeout: 3_000,
        })
        .toBe('unauthenticated')
      expect(performance.now() - since).toBeLessThan(1_200)
    } finally {
      await beside.close({ graceMs: 0, spreadMs: 0 })
    }
  })
})
