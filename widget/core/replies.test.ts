// @vitest-environment node
import type { Message, Posted } from '@aside/protocol'
import { expect, test } from 'vitest'
import { fold, initialState, type State } from './index.ts'
import { acknowledged, asNewVisitor, listed, loaded, loadedEarlier } from './replies.ts'
import { transcript } from './testing/transcripts.ts'

const { conversationId, events } = transcript('answer')
const told = (count: number, from: State = opened()) => events.slice(0, count).reduce(fold, from)
const opened = (): State => ({ ...initialState, current: { ...initialState.current, id: conversationId } })

const startAt = events.findIndex(({ name }) => name === 'message-start')
const endAt = events.findIndex(({ name }) => name === 'message-end')
const whole = told(events.length)
const half = told(startAt + 3)
const conversation = whole.current.conversation!
const [question, answer] = whole.current.messages as [Message, Message]

/** What the server answers at that place in the stream. */
function page(state: State, messages = state.current.messages) {
  const streamed = messages.map((it) => (it.status === 'streaming' ? { ...it, text: '' } : it))
  const cursor = state.stream.cursor ?? '3f9c-0'
  return { conversation: state.current.conversation ?? conversation, messages: streamed, hasMore: false, cursor }
}

test('a page fetched in the middle of an answer shows what has streamed in', () => {
  const after = loaded(half, half, page(half))
  expect(after.current.messages).toEqual(half.current.messages)
  expect(after.current.messages[0]).toBe(half.current.messages[0])
})

test('a page that is older than what the stream told meanwhile does not take it back', () => {
  const after = loaded(half, whole, page(half))
  expect(after.current.messages).toEqual(whole.current.messages)
  expect(after.running).toBeUndefined()
})

test('a page that is newer than the stream is not taken back by what the stream still has to tell', () => {
  const before = told(startAt)
  const after = loaded(before, half, page(whole))
  expect(after.current.messages).toEqual(whole.current.messages)
  const later = events.slice(startAt + 3).reduce(fold, after)
  expect(later.current.messages).toBe(after.current.messages)
  expect(later.running).toBeUndefined()
})

test('every order of page and events ends in the same thread', () => {
  for (let asked = 0; asked <= events.length; asked++)
    for (let read = asked; read <= events.length; read++)
      for (let arrived = asked; arrived <= events.length; arrived++) {
        const before = told(asked)
        const reply = page(told(read))
        const now = events.slice(asked, arrived).reduce(fold, before)
        const after = events.slice(arrived).reduce(fold, loaded(before, now, reply))
        expect(after.current.messages).toEqual(whole.current.messages)
        expect(after.current.conversation).toEqual(whole.current.conversation)
      }
})

test('the same holds for the list of conversations', () => {
  // Without a place in the stream the list gives one, and the stream begins there.
  for (let asked = 1; asked <= events.length; asked++)
    for (let read = asked; read <= events.length; read++)
      for (let arrived = asked; arrived <= events.length; arrived++) {
        const before = told(asked)
        const { conversations, stream } = told(read)
        const reply = { conversations: [...conversations], hasMore: false, cursor: stream.cursor ?? '3f9c-0' }
        const now = events.slice(asked, arrived).reduce(fold, before)
        const after = events.slice(arrived).reduce(fold, listed(before, now, reply))
        expect(after.conversations).toEqual(whole.conversations)
      }
})

test('the reply to a post and the event of it make one message, whichever comes first', () => {
  const posted: Posted = { message: question, turn: half.current.conversation!.turn!, cursor: '3f9c-42' }
  const item = { clientId: question.clientId!, text: question.text, status: 'sending' as const, createdAt: 1 }
  const sending = { ...opened(), outbox: [item], current: { ...opened().current, conversation } }
  const replyFirst = told(endAt, acknowledged(told(1, sending), posted))
  const eventFirst = acknowledged(told(endAt, sending), posted)
  for (const state of [replyFirst, eventFirst]) {
    expect(state.outbox).toEqual([])
    expect(state.current.messages).toEqual(told(endAt).current.messages)
    expect(state.running).toEqual(told(endAt).running)
  }
})

test('a question that waits behind another does not hide the one that is being answered', () => {
  const [running] = half.conversations.map(({ turn }) => turn!)
  const turn = { ...running!, id: `trn_${'9'.repeat(26)}`, status: 'queued' as const, answerId: undefined }
  const next = { ...question, id: `msg_${'9'.repeat(26)}`, seq: 3, clientId: 'y'.repeat(20) }
  const posted: Posted = { message: next, turn, cursor: '3f9c-90' }
  const after = acknowledged(half, posted)
  expect(after.current.messages).toHaveLength(3)
  expect(after.running).toEqual(half.running)
  const ended = fold(after, events[endAt]!)
  expect(acknowledged(ended, posted).running).toMatchObject({ turnId: turn.id, status: 'queued' })
})

test('a reply that comes after the answer has ended starts nothing', () => {
  const posted: Posted = { message: question, turn: half.current.conversation!.turn!, cursor: '3f9c-42' }
  expect(acknowledged(whole, posted).running).toBeUndefined()
})

test('a question that is said anew is gone with its answers as soon as the new one is acknowledged', () => {
  const { replyTo: _, ...rest } = question
  const anew: Message = { ...rest, id: `msg_${'9'.repeat(26)}`, seq: 80, clientId: 'anew-anew-anew-anew', text: 'Anew' }
  const item = { clientId: 'anew-anew-anew-anew', text: 'Anew', createdAt: 1, status: 'sending' as const }
  const state: State = { ...whole, outbox: [{ ...item, replaces: question.id }] }
  const after = acknowledged(state, { message: anew, cursor: '3f9c-90' })
  expect(after.current.messages).toEqual([anew])
  expect(after.outbox).toEqual([])
})

test('earlier messages stand before those that are there, and are there once', () => {
  const state = { ...whole, current: { ...whole.current, messages: [answer], hasMore: true } }
  const after = loadedEarlier(state, { ...page(whole), messages: [question, answer] })
  expect(after.current.messages).toEqual([question, answer])
  expect(after.current.hasMore).toBe(false)
})

test('earlier pages stay when the newest is fetched again, unless there is a hole between', () => {
  const late: Message = { ...question, id: `msg_${'8'.repeat(26)}`, seq: 90, clientId: 'z'.repeat(20) }
  const near = loaded(whole, whole, { ...page(whole, [answer, late]), hasMore: true })
  expect(near.current.messages).toEqual([question, answer, late])
  expect(near.current.hasMore).toBe(false)
  const far = loaded(whole, whole, { ...page(whole, [late]), hasMore: true })
  expect(far.current.messages).toEqual([late])
  expect(far.current.hasMore).toBe(true)
})

test('for another visitor only what was not sent is left, each conversation a new one', () => {
  const items = ['cnv_a', 'cnv_a', 'cnv_b'].map((of, at) => {
    const own = { clientId: `item-${at}`, text: 'Hi', createdAt: at, conversationId: of }
    return { ...own, status: at === 1 ? ('failed' as const) : ('waiting' as const) }
  })
  let minted = 0
  const state = { ...whole, current: { ...whole.current, id: 'cnv_b' }, outbox: items }
  const after = asNewVisitor(state, () => `new-${++minted}`)
  expect(after).toMatchObject({
    conversations: [],
    current: { clientId: 'new-1', messages: [] },
    stream: { drafts: {} },
  })
  expect(after.current.id).toBeUndefined()
  expect(after.outbox.map((item) => [item.conversationId, item.conversationClientId, item.status])).toEqual([
    [undefined, 'new-2', 'queued'],
    [undefined, 'new-2', 'failed'],
    [undefined, 'new-1', 'queued'],
  ])
})
