import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, createKey, listAudit, readTenant, updateTenant } from '@aside/protocol'
import { type Aside, type Owner, startAside } from '../testing/aside.ts'
import { send } from '../testing/raw-request.ts'
import { createStaff } from '../testing/staff.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('a tenant, on %s', (store) => {
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    aside = await startAside({ store })
    owner = await aside.owner()
  })
  afterAll(() => aside?.stop())

  const params = () => ({ tenantId: owner.tenantId })
  const read = () => owner.client.call(readTenant, { params: params() })

  it('has the budget that the operator set: its own keys and people may not lift it, and their trying is written down', async () => {
    const budget = { tokensPerDay: 100, moneyPerDay: 1 }
    await aside.operator.call(updateTenant, { params: params(), body: { budget } })
    const { secret, key } = await owner.client.call(createKey, {
      query: {},
      body: { name: 'Small', scopes: ['tenant:write'] },
    })
    const staff = await createStaff(aside, owner, 'owner')
    for (const [id, client] of [
      [key.id, createClient({ baseUrl: aside.url, token: () => secret })],
      [staff.agent.id, staff.client],
    ] as const) {
      for (const wish of [{}, { tokensPerDay: 100 }, { tokensPerDay: 99, moneyPerDay: 1 }])
        await expect(
          client.call(updateTenant, { params: params(), body: { name: 'Lifted', budget: wish } }),
        ).rejects.toMatchObject({ code: 'forbidden', issues: [{ path: 'body.budget' }] })
      const { entries } = await owner.client.call(listAudit, { query: { actor: id, action: 'access.refused' } })
      expect(entries).toMatchObject([{ target: owner.tenantId, result: 'refused', detail: { change: 'budget' } }])
      // The same again is no change.
      await client.call(updateTenant, { params: params(), body: { name: 'Acme 2', budget } })
    }
    expect(await read()).toMatchObject({ name: 'Acme 2', budget })
  })

  it('is changed by the one who looked last: an If-Match that is old is refused, and nothing written', async () => {
    const at = `${aside.url}/v1/admin/tenants/${owner.tenantId}`
    const headers = { 'x-api-key': owner.secret }
    const etag = async () => String((await send(at, { headers })).headers['etag'])
    const rename = (name: string, version: string) =>
      send(at, {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/json', 'if-match': version },
        body: JSON.stringify({ name }),
      })
    const first = await etag()
    expect(first).toMatch(/^"[0-9]{1,9}"$/)
    const [one, two] = await Promise.all([rename('One', first), rename('Two', first)])
    expect([one.status, two.status].sort()).toEqual([200, 412])
    const [won, lost] = one.status === 200 ? [one, two] : [two, one]
    expect(lost.error().code).toBe('precondition_failed')
    expect(won.json()).toMatchObject({ name: (await read()).name })
    expect(won.headers['etag']).toBe(await etag())
    expect(won.headers['etag']).not.toBe(first)
    // The budget is a part of it.
    const before = await etag()
    await aside.operator.call(updateTenant, { params: params(), body: { budget: { moneyPerDay: 7 } } })
    expect((await rename('Three', before)).status).toBe(412)
    expect((await rename('Three', await etag())).status).toBe(200)
  })
})
