import { expect, it } from 'vitest'
import { createLocal } from './local.ts'

/** Between two sentences that answer, more than is quoted around one. */
const between = (sentence: string) => `${sentence} `.repeat(10).trim()

const text = [
  'The lamp leaves the workshop within two days of the order, packed in paper.',
  between('Somebody sweeps the floor and opens the windows for a while, in any weather.'),
  'The lamp leaves the workshop a second time when it was repaired, for nothing.',
  between('The bench is oiled, and whatever hangs on the wall is counted once a week.'),
  'The lamp leaves the workshop for good after ten years, if nobody asks for it.',
].join('\n\n')

async function answerTo(question: string): Promise<string> {
  let answer = ''
  await createLocal({ paceMs: 0 }).generate(
    {
      model: 'local',
      messages: [{ role: 'user', content: question }],
      passages: [{ title: 'Workshop', headingPath: ['How it goes'], text }],
      maxOutputTokens: 1_000,
    },
    (piece) => void (answer += piece),
    new AbortController().signal,
  )
  return answer
}

it('names a place once, however much of it is quoted', async () => {
  const answer = await answerTo('When does the lamp leave the workshop?')
  expect(answer.split('\n\n')).toEqual([
    '**Workshop › How it goes** [1]',
    expect.stringContaining('> The lamp leaves the workshop within two days'),
    expect.stringContaining('> The lamp leaves the workshop a second time'),
    expect.stringContaining('> The lamp leaves the workshop for good'),
  ])
})
