import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, listConversations, markRead, regenerate, tellTyping } from '@aside/protocol'
import { type Aside, clientId, type Owner, type Reading, startAside, type Visitor } from '../testing/aside.ts'
import { type Beside, openBeside } from '../testing/beside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('how far a conversation was read, on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let beside: Beside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    beside = await openBeside(aside.store)
    owner = await aside.owner({ model: 'tokens:20:0' })
  })
  afterAll(async () => {
    await beside?.close()
    await aside?.stop()
    await models?.stop()
  })

  async function talk(questions: number) {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    for (let i = 0; i < questions; i++) {
      const { turn } = await anna.post(id, `Question ${i}`)
      await reading.until('message-end', (it) => it.turn.id === turn?.id)
    }
    return { anna, reading, id }
  }
  const read = (anna: Visitor, conversationId: string, seq: number) =>
    anna.client.call(markRead, { params: { conversationId }, body: { seq } })
  const listed = async (anna: Visitor): Promise<Conversation> =>
    (await anna.client.call(listConversations, { query: {} })).conversations[0]!

  /** Said until it is heard: whoever is still reading what they missed is told nothing that passes. */
  async function typed(reading: Reading, say: () => Promise<unknown>) {
    const heard = reading.until('typing-updated')
    const again = setInterval(() => void say().catch(() => {}), 100)
    await say()
    return heard.finally(() => clearInterval(again))
  }

  it('counts the answers after it, goes on and never back, and tells every reader', async () => {
    const { anna, reading, id } = await talk(2)
    expect(await listed(anna)).toMatchObject({ unread: 2, readSeq: 0, lastSeq: 4 })
    expect(await read(anna, id, 2)).toMatchObject({ unread: 1, readSeq: 2 })
    const { payload } = await reading.until('read-updated')
    expect(payload).toEqual({ conversationId: id, readSeq: 2, seenSeq: 0, unread: 1 })
    expect(await read(anna, id, 999)).toMatchObject({ unread: 0, readSeq: 4 })
    expect(await read(anna, id, 1)).toMatchObject({ unread: 0, readSeq: 4 })
    expect(await listed(anna)).toMatchObject({ unread: 0, readSeq: 4 })
    await reading.until('read-updated', (it) => it.unread === 0)
    expect(reading.events.filter((it) => it.name === 'read-updated')).toHaveLength(2)
    reading.close()
  })

  it('does not count what has left the thread', async () => {
    const { anna, reading, id } = await talk(1)
    const { messages } = await anna.messages(id)
    const body = { clientId: clientId(), messageId: messages[0]!.id }
    const { turn } = await anna.client.call(regenerate, { params: { conversationId: id }, body })
    await reading.until('message-end', (it) => it.turn.id === turn?.id)
    expect(await listed(anna)).toMatchObject({ unread: 1 })
    reading.close()
  })

  it('does not take for read what is still being written', async () => {
    const slow = await aside.owner({ model: 'tokens:40:20' })
    const anna = await slow.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    await anna.post(id, 'Tell me all')
    await reading.until('message-start')
    expect(await read(anna, id, 2)).toMatchObject({ readSeq: 1, unread: 0 })
    await reading.until('message-end', () => true, 20_000)
    expect(await listed(anna)).toMatchObject({ readSeq: 1, unread: 1 })
    reading.close()
  }, 30_000)

  it('shows the visitor how far the other side has read, and that it is writing', async () => {
    const { anna, reading, id } = await talk(1)
    const other = beside.scope(owner.tenantId)
    const { reading: desk } = aside.running.app
    expect(await desk.see(other, id, 1)).toMatchObject({ seenSeq: 1, unread: 1 })
    expect((await reading.until('read-updated')).payload).toEqual({
      conversationId: id,
      readSeq: 0,
      seenSeq: 1,
      unread: 1,
    })
    expect(await desk.see(other, id, 99)).toMatchObject({ seenSeq: 2 })
    expect(await desk.see(other, id, 1)).toMatchObject({ seenSeq: 2 })
    expect(await listed(anna)).toMatchObject({ seenSeq: 2, readSeq: 0 })
    const { payload } = await typed(reading, () => desk.type(other, id, 'agent'))
    expect(payload).toEqual({ conversationId: id, author: 'agent' })
    reading.close()
  })

  it('tells who listens that the visitor is writing, and keeps nothing of it', async () => {
    const { anna, id } = await talk(1)
    const before = (await anna.messages(id)).cursor
    const tab = anna.follow()
    await tab.until('session-ready')
    const event = await typed(tab, () => anna.client.call(tellTyping, { params: { conversationId: id } }))
    expect(event.payload).toEqual({ conversationId: id, author: 'visitor' })
    expect(event.id).toBeUndefined()
    expect((await anna.messages(id)).cursor).toBe(before)
    tab.close()
  })
})
