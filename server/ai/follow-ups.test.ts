import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFollowUps, offersFollowUps, remainingQuestions } from './follow-ups.ts'

/** What is shown of an answer that comes in these pieces, and what it offers. */
function said(...pieces: string[]): { shown: string[]; text: string; questions: string[] } {
  const shown: string[] = []
  const followUps = createFollowUps((it) => void shown.push(it))
  for (const piece of pieces) followUps.push(piece)
  const questions = followUps.end()
  return { shown, text: shown.join(''), questions }
}

const answer = 'It is called **Ottilie** [1].'
const line = '\n\n[[ask: What does she eat? | Who feeds her?]]'
const asked = ['What does she eat?', 'Who feeds her?']

describe('the questions in the last line of an answer', () => {
  it('are cut off it, however it comes cut, and nothing of them is ever shown', () => {
    for (let first = 0; first <= answer.length + line.length; first++)
      for (const second of [1, 2, 7]) {
        const whole = answer + line
        const { text, questions } = said(
          whole.slice(0, first),
          whole.slice(first, first + second),
          whole.slice(first + second),
        )
        expect(text).toBe(answer)
        expect(questions).toEqual(asked)
      }
    expect(said(...(answer + line))).toMatchObject({ text: answer, questions: asked })
    expect(said(`${answer}${line}\n`)).toMatchObject({ text: answer, questions: asked })
  })

  it.for([
    `${answer}\n[[ask: What does she eat?`,
    `${answer}\n[[ask: ]]`,
    `${answer}\n[[ask: What does she eat?]] And more.`,
    `${answer}\n[[ask: What does she eat?]]\nAnd more.`,
    `${answer} [[ask: within a line]]`,
    `${answer}\n[[as`,
    `${answer}\n[[ask: ${'x'.repeat(2_000)}]]`,
    `A list:\n[1]\n[[2]]\n   \n`,
    '  ',
    '',
  ])('are none where it is something else, and the text is whole: %j', (whole) => {
    expect(said(...whole)).toMatchObject({ text: whole, questions: [] })
    expect(said(whole)).toMatchObject({ text: whole, questions: [] })
  })

  it('leave any text whole that has no such line', () => {
    const texts = fc.array(fc.oneof(fc.string(), fc.constantFrom('\n', '[', '[[', '[[ask:', ']]', ' ', 'ask: a')))
    fc.assert(
      fc.property(texts, (pieces) => {
        const { text, questions } = said(...pieces)
        if (questions.length === 0) expect(text).toBe(pieces.join(''))
        else expect(pieces.join('').startsWith(text)).toBe(true)
      }),
    )
  })

  it('are not shown by halves where the answer was cut while they were written', () => {
    const shown: string[] = []
    const followUps = createFollowUps((it) => void shown.push(it))
    followUps.push(`${answer}\n\n[[ask: What does she`)
    expect(followUps.end(true)).toEqual([])
    expect(shown.join('')).toBe(answer)
  })

  it('are short, few, and each once', () => {
    const many = ['a?', 'b?', 'a?', 'x'.repeat(121), ' c? ', 'd?', 'e?']
    expect(said(`Yes.\n[[ask: ${many.join('|')}]]`).questions).toEqual(['a?', 'b?', 'c?', 'd?'])
  })
})

describe('follow-ups', () => {
  it('are offered by the sources themselves, and by a model where the owner wants them', () => {
    expect(offersFollowUps({}, 'local')).toBe(true)
    expect(offersFollowUps({}, 'gpt')).toBe(false)
    expect(offersFollowUps({ followUps: true }, 'gpt')).toBe(true)
    expect(offersFollowUps({ followUps: false }, 'local')).toBe(false)
    expect(offersFollowUps({ followUps: true }, 'message')).toBe(false)
  })

  it('of the sources are the questions that were not asked yet', () => {
    const config = { suggestedQuestions: ['What is it?', 'How much?', 'x'.repeat(150)] }
    expect(remainingQuestions(config, ['what is it? '])).toEqual(['How much?'])
    expect(remainingQuestions({}, [])).toEqual([])
  })

  it('are in the language in which the visitor took one up', () => {
    const suggestedQuestions = ['What is it?', 'How much?']
    const config = {
      suggestedQuestions,
      wordsByLocale: { ar: {}, de: { suggestedQuestions: ['Was ist das?', 'Wie viel?'] } },
    }
    expect(remainingQuestions(config, ['Was ist das?'])).toEqual(['Wie viel?'])
    expect(remainingQuestions(config, ['Something else'])).toEqual(suggestedQuestions)
  })
})
