import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '@aside/protocol'
import { checkHistory, type Entry, type StoredFacts } from './history.ts'

const cursor = (seq: number) => `epoch-${seq}`
const send = (phase: 'invoke' | 'ok' | 'fail' | 'info', more: Partial<Extract<Entry, { op: 'send' }>> = {}): Entry => ({
  op: 'send',
  client: 'ann',
  phase,
  conversationId: 'cnv_1',
  clientId: 'c1',
  text: 'Hello',
  ...(phase === 'ok' ? { messageId: 'msg_1' } : {}),
  ...more,
})
const recv = (event: object): Entry => ({ op: 'recv', client: 'ann', visitorId: 'vis_1', event: event as StreamEvent })
const ready = recv({ name: 'session-ready', payload: { protocolVersion: 1, cursor: cursor(0) } })
const question = { message: { id: 'msg_1', text: 'Hello' } }
const started = { message: { id: 'msg_2', attempt: 1 } }
const ended = { message: { id: 'msg_2', text: 'Good day' } }
const told = recv({ name: 'message-updated', id: cursor(1), payload: question })
const start = recv({ name: 'message-start', id: cursor(2), payload: started })
const end = recv({ name: 'message-end', id: cursor(3), payload: ended })
const delta = (offset: number, text: string) =>
  recv({ name: 'message-delta', payload: { messageId: 'msg_2', offset, text } })
const snapshot = (attempt: number, text: string) =>
  recv({ name: 'message-snapshot', payload: { messageId: 'msg_2', attempt, text } })

const facts = (more: Partial<StoredFacts> = {}): StoredFacts => ({
  damage: [],
  messages: [
    message('msg_1', 1, { author: 'visitor', status: 'sent', text: 'Hello', clientId: 'c1', attempt: null }),
    message('msg_2', 2),
  ],
  turns: [{ id: 'trn_1', messageId: 'msg_1', clientId: null, status: 'completed', attempt: 1 }],
  events: [
    { visitorId: 'vis_1', seq: 1, name: 'message-updated', payload: JSON.stringify(question) },
    { visitorId: 'vis_1', seq: 2, name: 'message-start', payload: JSON.stringify(started) },
    { visitorId: 'vis_1', seq: 3, name: 'message-end', payload: JSON.stringify(ended) },
  ],
  ...more,
})

const message = (id: string, seq: number, more: object = {}) => ({
  id,
  conversationId: 'cnv_1',
  seq,
  author: 'assistant',
  status: 'completed',
  text: 'Good day',
  clientId: null,
  attempt: 1,
  ...more,
})

const whole = [send('invoke'), send('ok'), ready, told, start, delta(0, 'Good'), delta(4, ' day'), end]
const [hello, answer] = facts().messages

describe('the history checker', () => {
  it('finds nothing in a history where all is well', () => {
    expect(checkHistory(whole, facts(), { calls: 1 })).toEqual([])
    expect(checkHistory([send('invoke'), send('info'), ...whole.slice(1)], facts())).toEqual([])
    expect(
      checkHistory([ready, told, start, snapshot(1, 'Go'), snapshot(1, 'Good d'), end, ...whole.slice(0, 2)], facts()),
    ).toEqual([])
  })

  const wrongs: [what: string, entries: Entry[], facts: StoredFacts, problem: RegExp, calls?: number][] = [
    ['an acknowledged message that is gone', whole, facts({ messages: [answer!] }), /acknowledged, and lost/],
    [
      'a message stored twice',
      whole,
      facts({ messages: [hello!, { ...hello!, id: 'msg_9' }, answer!] }),
      /stored 2 times/,
    ],
    [
      'another message than the one acknowledged',
      [send('invoke'), send('ok', { messageId: 'msg_8' })],
      facts(),
      /stored as msg_1/,
    ],
    ['a refused message that is there', [send('invoke'), send('fail')], facts(), /refused, and stored/],
    ['a message nobody sent', whole.slice(2), facts(), /nobody sent it/],
    ['a hole in the numbers', [...whole.slice(0, 4), end], facts(), /3 came after 1/],
    ['an event told twice', [...whole.slice(0, 4), told], facts(), /1 came after 1/],
    [
      'an event the log does not have',
      [...whole, recv({ name: 'message-end', id: cursor(4), payload: ended })],
      facts(),
      /the log has nothing/,
    ],
    [
      'an event told otherwise',
      [...whole.slice(0, 3), recv({ name: 'message-updated', id: cursor(1), payload: {} })],
      facts(),
      /was told/,
    ],
    ['a piece of text left out', [ready, told, start, delta(2, 'od')], facts(), /gap before 2/],
    ['a piece of text told twice', [ready, told, start, delta(0, 'Good'), delta(0, 'Good')], facts(), /told 0 again/],
    ['text taken back', [ready, told, start, delta(0, 'Good'), snapshot(1, 'Bad')], facts(), /took text back/],
    ['another text than the stored one', [ready, told, start, delta(0, 'Bad')], facts(), /another text/],
    ['a turn left running', whole, facts({ turns: [{ ...facts().turns[0]!, status: 'running' }] }), /left running/],
    ['a question without a turn', whole, facts({ turns: [] }), /has 0 turns/],
    ['a model asked too often', whole, facts(), /asked 2 times in 1 attempts/, 2],
    ['a damaged store', whole, facts({ damage: ['page 4 is missing'] }), /page 4/],
  ]
  it.for(wrongs)('finds %s', ([, entries, stored, problem, calls]) => {
    expect(checkHistory(entries, stored, calls === undefined ? undefined : { calls }).join('\n')).toMatch(problem)
  })
})
