import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHold, eraseMyData, exportMyData, listAudit, listConversations } from '@aside/protocol'
import { type Aside, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'
import { none, tracesIn } from '../testing/traces.ts'

describe.for(stores)('what is kept of a visitor is theirs, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ model: 'echo' })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  const idOf = (visitor: Visitor) => visitor.session.session.visitorId
  async function who(said: string): Promise<Visitor> {
    const visitor = await owner.visitor()
    const reading = visitor.follow()
    await reading.until('session-ready')
    const { turn } = await visitor.post(await visitor.conversation(), said)
    await reading.until('message-end', (it) => it.turn.id === turn?.id)
    reading.close()
    return visitor
  }

  it('they have all of it in a file, and nothing of anybody else', async () => {
    const [anna] = [await who('YAKMARK'), await who('ELKMARK')]
    const response = await anna.client.open(exportMyData, {})
    expect(response.headers.get('content-disposition')).toContain(`${idOf(anna)}.ndjson`)
    const text = await response.text()
    expect(text).toContain('YAKMARK')
    expect(text).not.toContain('ELKMARK')
    expect(text).not.toMatch(/"(?:model|reckoning|costMillionths)"/)
    const { entries } = await owner.client.call(listAudit, { query: { action: 'privacy.exported' } })
    expect(entries[0]).toMatchObject({ target: idOf(anna), actor: { kind: 'visitor', id: idOf(anna) } })
  })

  it('they erase it, and are nobody from then on', async () => {
    const ben = await who('ASSMARK')
    const reading = ben.follow()
    await reading.until('session-ready')
    await ben.client.call(eraseMyData, {})
    await expect(ben.client.call(listConversations, { query: {} })).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(ben.client.call(eraseMyData, {})).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect.poll(() => tracesIn(aside.store, beside.db, ['ASSMARK']), { timeout: 20_000 }).toEqual(none('ASSMARK'))
    reading.close()
  }, 40_000)

  it('whatever is written for them at that moment', async () => {
    for (let round = 0; round < 12; round++) {
      const dora = await who(`OXMARK${round}`)
      const conversationId = await dora.conversation()
      const [erased] = await Promise.allSettled([
        dora.client.call(eraseMyData, {}),
        ...Array.from({ length: 3 }, () => dora.post(conversationId, 'And then?')),
      ])
      expect(erased).toMatchObject({ status: 'fulfilled' })
    }
    await expect.poll(() => tracesIn(aside.store, beside.db, ['OXMARK']), { timeout: 20_000 }).toEqual(none('OXMARK'))
  }, 60_000)

  it('but for what the law has the owner keep', async () => {
    const cleo = await who('COWMARK')
    await owner.client.call(createHold, { query: {}, body: { visitorId: idOf(cleo), reason: 'Case 9' } })
    await expect(cleo.client.call(eraseMyData, {})).rejects.toMatchObject({ code: 'conflict' })
    expect((await cleo.client.call(listConversations, { query: {} })).conversations).toHaveLength(1)
  })
})
