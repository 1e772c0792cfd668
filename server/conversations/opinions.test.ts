import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  closeConversation,
  exportConversation,
  giveFeedback,
  listConversations,
  type Message,
  postMessage,
  rateConversation,
  regenerate,
  searchMessages,
} from '@aside/protocol'
import { type Aside, clientId, type Owner, startAside, type Visitor } from '../testing/aside.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('what a visitor does with a conversation on %s', (store) => {
  let models: ModelServer
  let aside: Aside
  let owner: Owner
  beforeAll(async () => {
    models = await startModelServer()
    aside = await startAside({ store, modelUrl: models.url })
    owner = await aside.owner({ model: 'tokens:20:0' })
  })
  afterAll(async () => {
    await aside?.stop()
    await models?.stop()
  })

  /** A visitor who asked, and has been answered. */
  async function asked(text = 'What is Aside?') {
    const anna = await owner.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    const answerTo = async (question: string, replaces?: string): Promise<{ question: Message; answer: Message }> => {
      const body = { clientId: clientId(), text: question, ...(replaces === undefined ? {} : { replaces }) }
      const posted = await anna.client.call(postMessage, { params: { conversationId: id }, body })
      const end = await reading.until('message-end', (it) => it.turn.id === posted.turn?.id)
      return { question: posted.message, answer: end.payload.message }
    }
    return { anna, reading, id, answerTo, ...(await answerTo(text)) }
  }
  const texts = async (anna: Visitor, id: string) => (await anna.messages(id)).messages.map((it) => it.text)

  describe('says of an answer', () => {
    it('that it helped or did not, and why, which every tab is told', async () => {
      const { anna, reading, id, answer } = await asked()
      const say = (body: Parameters<typeof anna.client.call<typeof giveFeedback>>[1]['body']) =>
        anna.client.call(giveFeedback, { params: { messageId: answer.id }, body })
      const down = { rating: 'down' as const, reason: 'wrong' as const, comment: 'It is not.' }
      expect(await say(down)).toEqual({ ...answer, feedback: down })
      await reading.until('message-updated', (it) => it.message.feedback?.rating === 'down')
      expect((await say({ rating: 'up' })).feedback).toEqual({ rating: 'up' })
      expect((await anna.messages(id)).messages.at(-1)?.feedback).toEqual({ rating: 'up' })
      expect(await say({ rating: 'none' })).toEqual(answer)
      reading.close()
    })

    it('nothing where there is no answer, and nobody else does', async () => {
      const { anna, reading, id, question, answer } = await asked()
      const body = { rating: 'up' as const }
      const of = (visitor: Visitor, messageId: string) =>
        visitor.client.call(giveFeedback, { params: { messageId }, body })
      await expect(of(anna, question.id)).rejects.toMatchObject({ code: 'conflict' })
      await expect(of(await owner.visitor(), answer.id)).rejects.toMatchObject({ code: 'not_found' })
      await anna.client.call(regenerate, {
        params: { conversationId: id },
        body: { messageId: question.id, clientId: clientId() },
      })
      await reading.until('message-end', (it) => it.message.id !== answer.id)
      await expect(of(anna, answer.id)).rejects.toMatchObject({ code: 'conflict' })
      reading.close()
    })
  })

  it('rates a conversation once it was answered, and ends it for good', async () => {
    const { anna, reading, id } = await asked()
    const params = { conversationId: id }
    const empty = await anna.conversation()
    const body = { score: 5, comment: 'Quick.' }
    await expect(anna.client.call(rateConversation, { params: { conversationId: empty }, body })).rejects.toMatchObject(
      { code: 'conflict' },
    )
    await expect(anna.client.call(rateConversation, { params, body: { score: 6 } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const closed = await anna.client.call(closeConversation, { params })
    expect(closed.status).toBe('closed')
    expect(await anna.client.call(closeConversation, { params })).toEqual(closed)
    expect(await anna.client.call(rateConversation, { params, body })).toEqual({ ...closed, rating: body })
    expect((await anna.client.call(listConversations, { query: {} })).conversations[0]).toMatchObject({ rating: body })
    await expect(anna.post(id, 'One more thing')).rejects.toMatchObject({ code: 'conversation_closed' })
    reading.close()
  })

  it('rates it while an answer is written, and it goes on', async () => {
    const { anna, reading, id } = await asked()
    const slow = await aside.owner({ model: 'tokens:100:20' })
    const ben = await slow.visitor()
    const other = ben.follow()
    await other.until('session-ready')
    const talk = await ben.conversation()
    const first = await ben.post(talk, 'One?')
    await other.until('message-end', (it) => it.turn.id === first.turn?.id)
    const { turn } = await ben.post(talk, 'Two?')
    const rated = await ben.client.call(rateConversation, { params: { conversationId: talk }, body: { score: 3 } })
    expect(rated.turn?.id).toBe(turn?.id)
    await other.until(
      'conversation-updated',
      (it) => it.conversation.rating?.score === 3 && it.conversation.turn?.id === turn?.id,
    )
    other.close()
    reading.close()
    expect(await texts(anna, id)).toHaveLength(2)
  })

  it('ends what is being written with the conversation', async () => {
    const slow = await aside.owner({ model: 'tokens:200:20' })
    const anna = await slow.visitor()
    const reading = anna.follow()
    await reading.until('session-ready')
    const id = await anna.conversation()
    await anna.post(id, 'Go on?')
    await anna.post(id, 'And then?')
    await reading.until('message-delta')
    const closed = await anna.client.call(closeConversation, { params: { conversationId: id } })
    expect(closed).toMatchObject({ status: 'closed' })
    expect(closed.turn).toBeUndefined()
    const { messages } = await anna.messages(id)
    expect(messages.map((it) => it.status).sort()).toEqual(['sent', 'sent', 'stopped'])
    reading.close()
  })

  describe('says a question anew', () => {
    it('and it takes the place of the last one and its answer', async () => {
      const { anna, reading, id, answerTo, question } = await asked('Waht?')
      const again = await answerTo('What?', question.id)
      expect(await texts(anna, id)).toEqual(['What?', again.answer.text])
      const gone = reading.events.filter(
        (it) => it.name === 'message-updated' && it.payload.message.status === 'superseded',
      )
      expect(gone).toHaveLength(2)
      // Nor is it to be read anywhere else.
      const { conversations } = await anna.client.call(listConversations, { query: {} })
      expect(conversations[0]).toMatchObject({ title: 'What?' })
      expect((await anna.client.call(searchMessages, { query: { query: 'waht', limit: '5' } })).found).toEqual([])
      await expect(answerTo('Once more', question.id)).rejects.toMatchObject({ code: 'conflict' })
      reading.close()
    })

    it('but not one before the last, one that is being answered, or one of somebody else', async () => {
      const { anna, reading, id, answerTo, question } = await asked()
      const second = await answerTo('And then?')
      await expect(answerTo('Anew', question.id)).rejects.toMatchObject({ code: 'conflict' })
      const other = await asked()
      await expect(answerTo('Anew', other.question.id)).rejects.toMatchObject({ code: 'conflict' })
      expect(await texts(anna, id)).toEqual([question.text, expect.any(String), 'And then?', second.answer.text])
      reading.close()
      other.reading.close()
    })
  })

  it('finds what was said, whatever its case and accents, in their own conversations only', async () => {
    const { anna, reading, id, question, answerTo } = await asked('Où est le CAFÉ près de la gare?')
    const other = await asked('Où est le café?')
    const search = async (query: string, limit = '10') => anna.client.call(searchMessages, { query: { query, limit } })
    const { found, isComplete } = await search('cafe OU')
    expect(isComplete).toBe(true)
    expect(found).toEqual([
      {
        conversationId: id,
        title: question.text,
        messageId: question.id,
        seq: 1,
        author: 'visitor',
        excerpt: question.text,
        createdAt: question.createdAt,
      },
    ])
    expect((await search('café tea')).found).toEqual([])
    const { question: second } = await answerTo('Et où est la gare?')
    expect(await search('gare', '1')).toMatchObject({ found: [{ messageId: second.id }], isComplete: false })
    expect((await search('100% _')).found).toEqual([])
    reading.close()
    other.reading.close()
  })

  it('shows a long message by what stands around the word', async () => {
    const { anna, reading } = await asked(
      `${'Nothing of note here. '.repeat(40)}Then the heron came. ${'And left. '.repeat(40)}`,
    )
    const { found } = await anna.client.call(searchMessages, { query: { query: 'heron', limit: '5' } })
    expect(found[0]?.excerpt).toMatch(/^… .*Then the heron came\. And left\./)
    expect(found[0]!.excerpt.length).toBeLessThan(180)
    reading.close()
  })

  it('shows what stands around a word in scripts whose letters fold to more or fewer', async () => {
    const { anna, reading, answerTo } = await asked(
      `${'배송은 보통 이틀이 걸리고 주말에는 조금 늦어집니다. '.repeat(3)}언제 도착하나요?`,
    )
    await answerTo('मेरा पिता कहाँ है?')
    const search = async (query: string) =>
      (await anna.client.call(searchMessages, { query: { query, limit: '5' } })).found
    expect((await search('도착하나요'))[0]?.excerpt).toContain('도착하나요')
    expect(await search('पता')).toEqual([])
    reading.close()
  })

  it('keeps a conversation as a document', async () => {
    const { anna, reading, id, question, answer } = await asked()
    const response = await anna.client.open(exportConversation, { params: { conversationId: id } })
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="conversation-[0-9-]{10}\.md"$/)
    const text = await response.text()
    expect(text).toMatch(/^# What is Aside\?\n\n## You, \d{4}-/)
    expect(text.indexOf(question.text)).toBeLessThan(text.indexOf(answer.text))
    reading.close()
  })
})
