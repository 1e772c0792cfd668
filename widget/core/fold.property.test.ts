// @vitest-environment node
import type { StreamEvent } from '@aside/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fold, initialState, type State } from './index.ts'
import { transcript } from './testing/transcripts.ts'

const { conversationId, events } = transcript('answer')
const start = events.find((event) => event.name === 'message-start')!
const end = events.findLast((event) => event.name === 'message-end')!
const messageId = start.payload.message.id

const opened: State = { ...initialState, current: { ...initialState.current, id: conversationId } }
const shownIn = (state: State) => state.current.messages.find(({ id }) => id === messageId)

/** A text in any script, told in pieces; a process may die after some of them and another begin from nothing. */
const attempts = fc.array(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { maxLength: 12 }), {
  minLength: 1,
  maxLength: 3,
})

interface Told {
  attempt: number
  event: StreamEvent
  /** All the server had said by then, of this attempt. */
  text: string
}

function tell(pieces: string[][]): { told: Told[]; stored: string } {
  const told: Told[] = []
  let seq = 10
  let text = ''
  pieces.forEach((said, at) => {
    const attempt = at + 1
    const { message, turn } = start.payload
    text = ''
    const payload = { message: { ...message, attempt }, turn: { ...turn, attempt } }
    told.push({ attempt, text, event: { name: 'message-start', id: `e-${++seq}`, payload } })
    for (const piece of said) {
      const delta = { messageId, offset: text.length, text: piece }
      text += piece
      told.push({ attempt, text, event: { name: 'message-delta', payload: delta } })
    }
  })
  const attempt = pieces.length
  const { message, turn } = end.payload
  const payload = { message: { ...message, attempt, text }, turn: { ...turn, attempt } }
  told.push({ attempt, text, event: { name: 'message-end', id: `e-${++seq}`, payload } })
  return { told, stored: text }
}

/** What happens to each thing told on its way: nothing, twice, lost with the connection, which then resumes. */
const fates = fc.infiniteStream(fc.constantFrom('told', 'told', 'told', 'twice', 'swapped', 'cut', 'replayed'))

test('however it is cut, doubled, reordered and resumed, the text is a beginning of the stored one, and then all of it', () => {
  fc.assert(
    fc.property(attempts, fates, (pieces, fate) => {
      const { told, stored } = tell(pieces)
      let state = opened
      const hear = (event: StreamEvent, { attempt, text }: Told) => {
        state = fold(state, event)
        const shown = shownIn(state)
        if (shown?.attempt === attempt && !text.startsWith(shown.text)) throw new Error(`garbage: ${shown.text}`)
      }
      for (let at = 0; at < told.length; at++) {
        const it = told[at]!
        const next = told[at + 1]
        const happens = fate.next().value
        const arePassing = it.event.id === undefined && next?.event.id === undefined
        if (happens === 'cut') {
          // Resumed: the durable events since the last one seen, then a snapshot of what is running.
          for (const { event } of told.slice(0, at + 1)) if (event.id !== undefined) hear(event, it)
          const snapshot = { messageId, attempt: it.attempt, text: it.text }
          if (it.event.name !== 'message-end') hear({ name: 'message-snapshot', payload: snapshot }, it)
        } else if (happens === 'swapped' && next && arePassing) {
          hear(next.event, next)
          hear(it.event, next)
          at++
        } else {
          hear(it.event, it)
          if (happens === 'twice') hear(it.event, it)
          if (happens === 'replayed')
            for (const { event, attempt } of told.slice(0, at)) if (attempt === it.attempt) hear(event, it)
        }
      }
      expect(shownIn(state)).toMatchObject({ status: 'completed', text: stored })
      expect(state.stream.drafts).toEqual({})
      expect(state.running).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('without a fault on the way, every delta is on the screen as soon as it was told', () => {
  fc.assert(
    fc.property(attempts, (pieces) => {
      let state = opened
      for (const { event, text } of tell(pieces).told) {
        state = fold(state, event)
        expect(shownIn(state)?.text).toBe(text)
      }
    }),
  )
})
