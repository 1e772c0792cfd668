import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, listConversations, listMessages, readPassage, startConversation } from '@aside/protocol'
import { type Aside, clientId, ORIGIN, startAside, type Visitor } from '../testing/aside.ts'
import { openBeside } from '../testing/beside.ts'
import { answerText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { sendJson } from '../testing/raw-request.ts'
import { stores } from '../testing/stores.ts'
import { Grounds } from './entities.ts'

describe.for(stores)('a conversation on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
  })
  afterAll(async () => {
    await aside?.stop()
    await models?.stop()
  })

  const visitor = async (model: string): Promise<Visitor> => (await aside.owner({ model })).visitor()
  const token = (it: Visitor) => ({ authorization: `Bearer ${it.session.token}`, origin: ORIGIN })
  const messagesUrl = (id: string) => `${aside.url}/v1/conversations/${id}/messages`

  it('streams the answer to a question, ends it, and lists both', async () => {
    const anna = await visitor('gpt-answer#story')
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    const posted = await anna.post(id, '  What is\nAside?  ')
    expect(posted.message).toMatchObject({ author: 'visitor', status: 'sent', seq: 1, text: '  What is\nAside?  ' })
    expect(posted.turn).toMatchObject({ status: 'queued', messageId: posted.message.id })

    const { payload: begun } = await reading.until('message-start', (it) => it.turn.id === posted.turn?.id)
    expect(begun.message).toMatchObject({ author: 'assistant', status: 'streaming', text: '', seq: 2, attempt: 1 })
    const { payload: ended } = await reading.until('message-end', (it) => it.turn.id === posted.turn?.id)
    expect(ended.turn.status).toBe('completed')
    expect(ended.message).toMatchObject({ status: 'completed', finishReason: 'stop', text: answerText })
    expect(ended.message).toMatchObject({ id: begun.message.id, replyTo: posted.message.id, usage: expect.any(Object) })
    expect(reading.text(ended.message.id)).toBe(answerText)

    const durable = reading.events.filter((it) => it.id !== undefined)
    expect(new Set(durable.map((it) => it.name))).toEqual(
      new Set(['conversation-updated', 'message-updated', 'message-start', 'message-end']),
    )
    const seqs = durable.map((it) => Number(it.id!.split('-')[1]))
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! + i))
    expect(reading.events.some((it) => it.name === 'message-delta' && it.id === undefined)).toBe(true)
    reading.close()

    const { messages, conversation, hasMore } = await anna.messages(id)
    expect(messages).toEqual([posted.message, ended.message])
    expect(hasMore).toBe(false)
    expect(conversation).toMatchObject({ title: 'What is Aside?', lastSeq: 2, handledBy: 'assistant', status: 'open' })
    // A line of a list draws nothing: the marks are left out.
    const plain = answerText.replace(' [1]', '')
    expect(conversation.preview).toEqual({ author: 'assistant', text: `${plain.slice(0, 119).trim()}…` })
    expect(conversation.turn).toBeUndefined()
    expect(models.calls('gpt-answer#story')).toBe(1)
  })

  it('misses nothing for a reader that comes only after the post, with its cursor', async () => {
    const anna = await visitor('tokens:40:5#late')
    const id = await anna.conversation()
    const posted = await anna.post(id, 'Hello?')
    await sleep(60)
    const reading = anna.follow({ after: posted.cursor })
    const { payload } = await reading.until('message-end')
    expect(reading.text(payload.message.id)).toBe(payload.message.text)
    expect(reading.events.filter((it) => it.name === 'message-start')).toHaveLength(1)
    reading.close()
  })

  it('takes fifty posts with one clientId for one message, one turn and one call of the model', async () => {
    const anna = await visitor('gpt-answer#fifty')
    const id = await anna.conversation()
    const reading = anna.follow()
    await reading.until('session-ready')
    const body = { clientId: clientId(), text: 'Once, please' }
    const replies = await Promise.all(Array.from({ length: 50 }, () => sendJson(messagesUrl(id), body, token(anna))))
    const fresh = replies.filter((it) => it.status === 201)
    const again = replies.filter((it) => it.status === 200 && it.headers['idempotent-replayed'] === 'true')
    expect([fresh.length, again.length]).toEqual([1, 49])
    expect(new Set(replies.map((it) => (it.json() as { message: { id: string } }).message.id)).size).toBe(1)
    expect(new Set(replies.map((it) => (it.json() as { turn: { id: string } }).turn.id)).size).toBe(1)
    await reading.until('message-end')
    expect((await sendJson(messagesUrl(id), body, token(anna))).status).toBe(200)
    expect((await anna.messages(id)).messages).toHaveLength(2)
    expect(models.calls('gpt-answer#fifty')).toBe(1)
    reading.close()
  })

  it('refuses another text under a used clientId, and leaves the first as it was', async () => {
    const anna = await visitor('gpt-answer')
    const id = await anna.conversation()
    const key = clientId()
    const first = await anna.post(id, 'The first text', key)
    await expect(anna.post(id, 'Another text', key)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
    expect((await anna.messages(id)).messages[0]).toEqual(first.message)
  })

  it('scopes a clientId to its conversation and sender', async () => {
    const owner = await aside.owner({ model: 'gpt-answer' })
    const [anna, ben, carl] = [await owner.visitor(), await owner.visitor(), await visitor('gpt-answer')]
    const key = clientId()
    const texts = ['Anna here', 'Anna elsewhere', 'Ben here', 'Carl, of another tenant']
    const talks = [anna, anna, ben, carl].map(async (who, i) => {
      const id = await who.conversation()
      return [await who.post(id, texts[i]!, key), (await who.messages(id)).messages] as const
    })
    const done = await Promise.all(talks)
    expect(new Set(done.map(([posted]) => posted.message.id)).size).toBe(4)
    expect(done.map(([, messages]) => messages[0]?.text)).toEqual(texts)
  })

  it('takes twenty starts with one clientId for one conversation', async () => {
    const anna = await visitor('gpt-answer')
    const body = { clientId: clientId() }
    const url = `${aside.url}/v1/conversations`
    const replies = await Promise.all(Array.from({ length: 20 }, () => sendJson(url, body, token(anna))))
    expect(replies.map((it) => it.status).sort()).toEqual([...Array<number>(19).fill(200), 201])
    expect(new Set(replies.map((it) => (it.json() as { id: string }).id)).size).toBe(1)
  })

  it('lists several conversations, the last changed first, in pages, and none that is empty', async () => {
    const anna = await visitor('gpt-answer')
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      ids.push(await anna.conversation())
      await anna.post(ids[i]!, `Question ${i}`)
    }
    await anna.conversation()
    await expect.poll(async () => (await page({})).conversations.some((it) => it.turn)).toBe(false)
    const order = (await page({})).conversations.map((it) => it.id)
    expect([...order].sort()).toEqual([...ids].sort())

    const seen: string[] = []
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const { conversations, hasMore } = await page({ limit: '2', ...(before ? { before } : {}) })
      seen.push(...conversations.map((it) => it.id))
      expect(hasMore).toBe(seen.length < 5)
      if (!hasMore) break
    }
    expect(seen).toEqual(order)

    await anna.post(order[4]!, 'The oldest again')
    expect((await page({ limit: '1' })).conversations[0]?.id).toBe(order[4])
    const ben = await visitor('gpt-answer')
    await expect(ben.client.call(listConversations, { query: { before: order[0] } })).rejects.toMatchObject({
      code: 'not_found',
    })

    function page(query: { limit?: string; before?: string }) {
      return anna.client.call(listConversations, { query })
    }
  })

  it('pages back through the messages by seq', async () => {
    const anna = await visitor('gpt-answer')
    const id = await anna.conversation()
    const reading = anna.follow()
    for (let i = 1; i <= 4; i++) {
      const { turn } = await anna.post(id, `Question ${i}`)
      await reading.until('message-end', (it) => it.turn.id === turn?.id)
    }
    reading.close()
    const page = (query: { limit: string; before?: string }) =>
      anna.client.call(listMessages, { params: { conversationId: id }, query })
    const newest = await page({ limit: '3' })
    expect(newest.messages.map((it) => it.seq)).toEqual([6, 7, 8])
    const older = await page({ limit: '4', before: '6' })
    expect([older.messages.map((it) => it.seq), older.hasMore]).toEqual([[2, 3, 4, 5], true])
    const oldest = await page({ limit: '50', before: '2' })
    expect([oldest.messages.map((it) => it.seq), oldest.hasMore]).toEqual([[1], false])
  })

  it('gives sends from two tabs at once one order, the same in both', async () => {
    const anna = await visitor('gpt-answer')
    const other = createClient({ baseUrl: aside.url, token: () => anna.session.token, headers: { origin: ORIGIN } })
    const tabs = [anna.follow(), { ...anna, client: other }.follow()]
    await Promise.all(tabs.map((tab) => tab.until('session-ready')))
    const id = await anna.conversation()
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => anna.post(id, text)))
    const ended = (tab: (typeof tabs)[0]) => tab.events.filter((it) => it.name === 'message-end').length
    await expect.poll(() => tabs.map(ended), { timeout: 10_000 }).toEqual([4, 4])
    const seen = tabs.map((tab) => tab.events.filter((it) => it.id !== undefined))
    expect(seen[0]).toEqual(seen[1])
    const { messages } = await anna.messages(id)
    expect(messages.map((it) => it.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const [asked, answered] = ['visitor', 'assistant'].map((who) => messages.filter((it) => it.author === who))
    expect(answered!.map((it) => it.replyTo)).toEqual(asked!.map((it) => it.id))
    for (const tab of tabs) tab.close()
  })

  it('goes on writing when the reader leaves, and has the whole answer for who comes back', async () => {
    const anna = await visitor('tokens:60:5#leaving')
    const reading = anna.follow()
    const id = await anna.conversation()
    await anna.post(id, 'Tell me at length')
    await reading.until('message-delta', (it) => it.offset > 20)
    const cursor = reading.following.cursor()
    reading.close()
    await expect.poll(() => models.requests.find((it) => it.model === 'tokens:60:5#leaving')?.outcome).toBe('ended')
    expect(models.aborts('tokens:60:5#leaving')).toBe(0)
    const back = anna.follow(cursor === undefined ? {} : { after: cursor })
    const { payload } = await back.until('message-end')
    expect(payload.message.status).toBe('completed')
    expect(payload.message.text.split(' ')).toHaveLength(60)
    back.close()
  })

  it('shows the passage behind a citation to its visitor, and to nobody else', async () => {
    const owner = await aside.owner({ model: 'gpt-answer#passage' })
    const anna = await owner.visitor()
    const reading = anna.follow()
    const id = await anna.conversation()
    await anna.post(id, 'Says who?')
    const { message } = (await reading.until('message-end')).payload
    reading.close()
    const citation = {
      number: 1,
      sourceId: `src_${'0'.repeat(26)}`,
      title: 'T',
      name: 'n',
      headingPath: [],
      excerpt: 'e',
    }
    const beside = await openBeside(aside.store)
    const passages = [{ citation, text: 'The passage, whole' }]
    await beside.scope(owner.tenantId).create(Grounds, { messageId: message.id, passages })
    await beside.close()

    const look = (who: Visitor, number = '1') =>
      who.client.call(readPassage, { params: { messageId: message.id, number } })
    expect(await look(anna)).toEqual(passages[0])
    const refused = { code: 'not_found', message: 'No such passage' }
    await expect(look(anna, '2')).rejects.toMatchObject(refused)
    await expect(look(await owner.visitor())).rejects.toMatchObject(refused)
    await expect(look(await visitor('gpt-answer'))).rejects.toMatchObject(refused)
  })

  it('keeps another visitor out of a conversation, as if it did not exist', async () => {
    const owner = await aside.owner({ model: 'gpt-answer' })
    const [anna, ben] = [await owner.visitor(), await owner.visitor()]
    const id = await anna.conversation()
    await anna.post(id, 'Mine')
    await expect(ben.messages(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(ben.post(id, 'Yours')).rejects.toMatchObject({ code: 'not_found' })
    expect((await anna.messages(id)).messages.filter((it) => it.author === 'visitor')).toHaveLength(1)
    const mine = await anna.client.call(startConversation, { body: { clientId: clientId() } })
    expect(mine).toMatchObject({ title: '', lastSeq: 0 })
  })
})
