// @vitest-environment node
import { isEventName, type StreamEvent } from '@aside/protocol'
import { describe, expect, test } from 'vitest'
import { fold, initialState, type OutboxItem, type State } from './index.ts'
import { objections, transcript, transcriptNames } from './testing/transcripts.ts'

const opened = (conversationId: string): State => ({
  ...initialState,
  current: { ...initialState.current, id: conversationId },
})

function play(name: string, until: (event: StreamEvent) => boolean = () => false): State {
  const { conversationId, events } = transcript(name)
  const end = events.findIndex(until)
  return events.slice(0, end < 0 ? events.length : end + 1).reduce(fold, opened(conversationId))
}

const answerOf = (state: State) => state.current.messages.at(-1)
const lastOf = (name: string) => transcript(name).events.findLast((event) => event.name === 'message-end')!

describe.each(transcriptNames)('the transcript %s', (name) => {
  const { events, conversationId } = transcript(name)

  test('is what the contract says', () => {
    expect(events.flatMap(objections)).toEqual([])
  })

  test('told twice is told once', () => {
    const once = play(name)
    const durable = events.filter(({ id }) => id !== undefined)
    expect(durable.reduce(fold, once)).toBe(once)
  })

  test('leaves alone what it does not speak of', () => {
    const elsewhere = { ...opened(`cnv_${'9'.repeat(26)}`) }
    const after = events.reduce(fold, elsewhere)
    expect(after.current).toBe(elsewhere.current)
    expect(after.outbox).toBe(elsewhere.outbox)
    expect(after.conversations.map(({ id }) => id)).toEqual([conversationId])
  })

  test('ends in the state the server stored, with nothing running', () => {
    const state = play(name)
    expect(state.running).toBeUndefined()
    expect(state.stream.drafts).toEqual({})
    expect(state.stream.cursor).toBe(events.findLast(({ id }) => id !== undefined)?.id)
    const told = new Map(
      events.flatMap((event) => {
        const isMessage = event.name === 'message-end' || event.name === 'message-updated'
        return isMessage ? [[event.payload.message.id, event.payload.message] as const] : []
      }),
    )
    const stored = [...told.values()].filter(({ status }) => status !== 'superseded').sort((a, b) => a.seq - b.seq)
    expect(state.current.messages).toEqual(stored)
  })
})

test('an answer grows delta by delta, and a delta that was told before changes nothing', () => {
  let state = play('answer', (event) => event.name === 'message-start')
  expect(answerOf(state)).toMatchObject({ status: 'streaming', text: '' })
  const deltas = transcript('answer').events.filter((event) => event.name === 'message-delta')
  for (const delta of deltas) {
    const next = fold(state, delta)
    expect(answerOf(next)?.text).toBe(`${answerOf(state)?.text}${delta.payload.text}`)
    expect(fold(next, delta)).toBe(next)
    expect(next.current.messages[0]).toBe(state.current.messages[0])
    state = next
  }
})

test('a queued turn shows its place, a running one whether it has said something', () => {
  const queued = play('answer', (event) => event.name === 'conversation-updated')
  expect(queued.running).toMatchObject({ status: 'queued', place: 2, waiting: true })
  const { events } = transcript('answer')
  const moved = events.filter((event) => event.name === 'conversation-updated')[1]!
  expect(fold(queued, moved).running).toMatchObject({ place: 1 })
  const begun = play('answer', (event) => event.name === 'message-start')
  expect(begun.running).toMatchObject({ status: 'running', waiting: true })
  expect(play('answer', (event) => event.name === 'message-delta').running).toMatchObject({ waiting: false })
})

test('after a gap nothing is added until a snapshot says what was missed', () => {
  const before = play('resumed', (event) => event.name === 'message-delta')
  const [, , third] = transcript('resumed').events.filter((event) => event.name === 'message-delta')
  const gap = fold(before, third!)
  expect(answerOf(gap)?.text).toBe(answerOf(before)?.text)
  const { messageId } = third!.payload
  expect(gap.stream.drafts[messageId]?.gap).toBe(true)
  const text = `${answerOf(before)?.text} and what was missed`
  const healed = fold(gap, { name: 'message-snapshot', payload: { messageId, attempt: 1, text } })
  expect(answerOf(healed)?.text).toBe(text)
  expect(healed.stream.drafts[messageId]?.gap).toBeUndefined()
})

test('a higher attempt begins from nothing, and the lower one has nothing more to say', () => {
  const { events } = transcript('second-attempt')
  const starts = events.filter((event) => event.name === 'message-start')
  const before = play('second-attempt', (event) => event === starts[0])
  expect(starts).toHaveLength(2)
  const second = fold(
    play('interrupted', ({ name }) => name === 'message-delta'),
    { ...starts[1]!, id: '3f9c-99' },
  )
  expect(answerOf(second)).toMatchObject({ text: '', attempt: 2, status: 'streaming' })
  const late = { messageId: starts[0]!.payload.message.id, attempt: 1, text: 'too late' }
  expect(fold(second, { name: 'message-snapshot', payload: late })).toBe(second)
  expect(answerOf(fold(second, { ...starts[0]!, id: '3f9c-100' }))).toMatchObject({ attempt: 2 })
  expect(answerOf(before)).toBeDefined()
})

test('what comes after the end does not bring an answer back to life', () => {
  const ended = play('answer')
  for (const event of transcript('answer').events)
    expect(fold(ended, event).current.messages).toBe(ended.current.messages)
})

test('a message that arrives leaves the outbox in the same step', () => {
  const [question] = transcript('answer').events.filter((event) => event.name === 'message-updated')
  const { clientId = '', text } = question!.payload.message
  const item: OutboxItem = { clientId, text, status: 'sending', createdAt: 1 }
  const before = { ...opened(transcript('answer').conversationId), outbox: [item] }
  const after = fold(before, question!)
  expect(after.outbox).toEqual([])
  expect(after.current.messages.map((message) => message.clientId)).toEqual([clientId])
})

test('a conversation begun here gets its id, and so does what waits to be sent to it', () => {
  const { conversationId, events } = transcript('answer')
  const [told] = events.filter((event) => event.name === 'conversation-updated')
  const clientId = told!.payload.conversation.clientId!
  const item: OutboxItem = {
    clientId: 'x'.repeat(24),
    conversationClientId: clientId,
    text: 'Hi',
    status: 'queued',
    createdAt: 1,
  }
  const after = fold({ ...initialState, current: { ...initialState.current, clientId }, outbox: [item] }, told!)
  expect(after.current.id).toBe(conversationId)
  expect(after.outbox[0]?.conversationId).toBe(conversationId)
})

test('what was fetched already is not told once more', () => {
  const { events, conversationId } = transcript('answer')
  const stored = play('answer').current.messages
  const asOf = lastOf('answer').id!
  const before = { ...opened(conversationId), current: { ...opened(conversationId).current, messages: stored, asOf } }
  for (const event of events) expect(fold(before, event).current.messages).toBe(stored)
})

test('unread are answers and people’s messages, not what a visitor did, and none while somebody looks', () => {
  expect(play('answer').unread).toBe(1)
  expect(play('interrupted').unread).toBe(1)
  expect(play('stopped').unread).toBe(0)
  expect(play('handed-over').unread).toBe(1)
  const { events, conversationId } = transcript('answer')
  expect(events.reduce(fold, { ...opened(conversationId), visible: true }).unread).toBe(0)
})

test('a reset forgets the place and what was half said, not what is on the screen', () => {
  const before = play('answer', (event) => event.name === 'message-delta')
  const after = fold(before, { name: 'stream-reset', payload: { reason: 'epoch', cursor: '77aa-3' } })
  expect(after.stream).toEqual({ cursor: '77aa-3', drafts: {} })
  expect(after.current.messages).toBe(before.current.messages)
})

test('an event of a later version is passed over', () => {
  const strangers = transcript('newer-server').events.filter(({ name }) => !isEventName(name))
  expect(strangers).toHaveLength(2)
  const state = play('answer')
  for (const event of strangers) expect(fold(state, { ...event, id: undefined })).toBe(state)
})

test('a conversation has news when something came in it that was not on the screen', () => {
  const { conversationId, events } = transcript('answer')
  expect(play('answer').news).toEqual([conversationId])
  const seen = { ...opened(conversationId), visible: true }
  expect(events.reduce(fold, seen).news).toEqual([])
  const elsewhere = events.reduce(fold, { ...initialState, visible: true })
  expect(elsewhere.news).toEqual([conversationId])
  expect(elsewhere.unread, 'the badge counts what came while nobody looked at all').toBe(0)
})
