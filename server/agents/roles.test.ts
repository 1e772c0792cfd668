import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit, listNotices, readUsage, readUsageToday, type Role, roles, scopesOf } from '@aside/protocol'
import { entities } from '../app.ts'
import { startAside } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { endpointNames, endpointOf, perform, specimens } from '../testing/specimens.ts'
import { createTalk, createWorld, type World } from '../testing/world.ts'
import { createStaff, signIn, type Staff } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

const guarded = endpointNames.map((name) => ({ name, ...endpointOf(name) })).filter((it) => it.access === 'secret')

describe.for(stores)('what a role may, on %s', (store) => {
  let laterMs = 0
  let models: ModelServer
  let world: World
  let beside: Beside
  const staff = new Map<Role, Staff>()
  beforeAll(async () => {
    models = await startModelServer()
    const aside = await startAside({
      store,
      modelUrl: models.url,
      boot: { edge: { now: () => Date.now() + laterMs } },
    })
    world = await createWorld(aside)
    beside = await openBeside(aside.store)
    for (const role of roles) staff.set(role, await createStaff(aside, world.owner, role))
  })
  afterAll(async () => {
    await beside?.close()
    await world?.aside.stop()
    await models?.stop()
  })

  const silent = ['processes', 'audit_log', 'agent_sessions', 'agent_refresh_tokens']
  const tables = entities.map((it) => it.meta.tableName!).filter((it) => !silent.includes(it))
  const rows = async () => Object.fromEntries(await Promise.all(tables.map(async (it) => [it, await beside.count(it)])))

  it('grows from viewer to owner, and no endpoint is without a scope', () => {
    for (const [i, role] of roles.entries())
      for (const lesser of roles.slice(0, i))
        expect(scopesOf(role)).toEqual(expect.arrayContaining([...scopesOf(lesser)]))
    expect(scopesOf('viewer').every((it) => it.endsWith(':read'))).toBe(true)
    expect(scopesOf('viewer')).not.toContain('privacy:read')
    expect(guarded.filter((it) => it.scope === undefined).map((it) => it.name)).toEqual([])
  })

  it('ends there: everything beyond is refused, written down, and changes nothing', { timeout: 60_000 }, async () => {
    for (const role of ['viewer', 'agent', 'admin'] as const) {
      let { accessToken } = staff.get(role)!
      const { agent, email, password } = staff.get(role)!
      for (const { name, audit, scope } of guarded) {
        const isAllowed = scopesOf(role).includes(scope!)
        // Whoever may only look changes nothing, whatever its scope is called.
        if (role === 'viewer' && audit) expect(isAllowed, name).toBe(false)
        if (isAllowed) continue
        // The same refusal is written down once a minute.
        laterMs += 61_000
        accessToken = (await signIn(world.aside, { email, password })).accessToken
        const before = await rows()
        const specimen = { ...specimens[name](world) }
        const reply = await perform(world, name, specimen, {
          as: 'nobody',
          headers: { authorization: `Bearer ${accessToken}` },
        })
        expect([reply.status, reply.error().code], `${role}: ${name}`).toEqual([403, 'scope_missing'])
        expect(await rows(), `${role}: ${name}`).toEqual(before)
        const query = { actor: agent.id, action: 'access.refused' as const, limit: '1' }
        const [row] = (await world.owner.client.call(listAudit, { query })).entries
        expect(row, `${role}: ${name}`).toMatchObject({
          result: 'refused',
          detail: { scope },
          requestId: reply.error().requestId,
        })
      }
    }
  })

  it('shows visitors one by one, and from which address somebody came, to admins and owners only', async () => {
    const budgets = { perVisitor: { tokensPerDay: 1 } }
    const owner = await world.aside.owner({ model: 'echo', budgets, features: { uploads: true } })
    await createTalk(owner)
    const { app } = owner
    for (const role of roles) {
      const { client, agent } = await createStaff(world.aside, owner, role)
      const mayKnow = role === 'admin' || role === 'owner'
      const byVisitor = client.call(readUsage, { query: { by: 'visitor' } })
      if (mayKnow) expect((await byVisitor).usage[0]).toMatchObject({ visitorId: expect.any(String) })
      else {
        await expect(byVisitor).rejects.toMatchObject({ code: 'scope_missing' })
        const query = { actor: agent.id, action: 'access.refused' as const }
        const { entries } = await owner.client.call(listAudit, { query })
        expect(entries).toMatchObject([{ detail: { scope: 'privacy:read' } }])
      }
      expect((await client.call(readUsage, { query: { by: 'app' } })).usage).toMatchObject([{ appId: app.id }])
      const { budgets } = await client.call(readUsageToday, { query: {} })
      const { notices } = await client.call(listNotices, { query: {} })
      const { entries } = await client.call(listAudit, { query: { limit: '50' } })
      expect(budgets.some((it) => it.budget === 'visitor') && notices.length > 0 && entries.length > 3, role).toBe(true)
      for (const it of [...budgets, ...notices]) expect('visitorId' in it, role).toBe(mayKnow)
      for (const { action, ip } of entries.filter((it) => it.actor.kind !== 'system'))
        expect(ip, `${role}: ${action}`).toBe(mayKnow ? '127.0.0.1' : undefined)
    }
  })

  it('is all of the admin API for an owner', async () => {
    const owner = staff.get('owner')!
    const { accessToken } = await signIn(world.aside, owner)
    for (const { name, status } of guarded) {
      const headers = { authorization: `Bearer ${accessToken}` }
      const reply = await perform(world, name, specimens[name](world), { as: 'nobody', headers })
      expect(reply.status, `${name}: ${reply.text}`).toBe(status)
    }
  })
})
