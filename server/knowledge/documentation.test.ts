import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { createLocal } from '../ai/index.ts'
import { analyzeQuery } from './analyze.ts'
import { CONFIDENT, HELPFUL } from './coverage.ts'
import { Ranking } from './ranking.ts'
import { readSource } from './read-source.ts'
import { atOnce } from './unhurried.ts'

const Questions = v.object({
  questions: v.array(
    v.object({
      ask: v.string(),
      /** Where the answer stands: `file#the nearest heading`. */
      in: v.array(v.string()),
      /** One of these has to be read in the answer. */
      says: v.array(v.string()),
    }),
  ),
  unanswerable: v.array(v.string()),
})
const text = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
const { questions, unanswerable } = v.parse(Questions, JSON.parse(text('fixtures/documentation.json')))

/** What Aside's own documentation, as the demo knows it, holds of a question. */
const root = join(import.meta.dirname, '../..')
const passages = globSync(['README.md', 'docs/**/*.md'], { cwd: root })
  .filter((name) => !/[\\/](api|cli)\.md$/.test(name))
  .sort()
  .flatMap((name) => {
    const { title, chunks } = atOnce(readSource(name, 'text/markdown', readFileSync(join(root, name))))
    return chunks.map((it) => ({ ...it, title, place: `${name}#${it.headingPath.at(-1) ?? ''}` }))
  })
const ranking = new Ranking()
atOnce(ranking.add(passages.map(({ vector }, revision) => ({ ref: { revision, position: 0 }, vector }))))
const search = (question: string) =>
  ranking.search(analyzeQuery(question), 5).map(({ ref, confidence }) => ({ ...passages[ref.revision]!, confidence }))

/** As the engine asks the model that quotes. */
async function answer(question: string): Promise<string> {
  const found = search(question)
  const isAnswered = found.some((it) => it.confidence >= CONFIDENT)
  let answered = ''
  await createLocal({ paceMs: 0 }).generate(
    {
      model: 'local',
      messages: [{ role: 'user', content: question }],
      passages: isAnswered ? found.filter((it) => it.confidence >= HELPFUL) : [],
      maxOutputTokens: 1_000,
    },
    (piece) => (answered += piece),
    new AbortController().signal,
  )
  return answered
}
const firstQuote = (answered: string) => answered.split(/\n\n(?=\*\*)/)[0]!

// Of 46 questions the right passage came first for 27 (39 among five), the answer held the sentence for 26, and its first quote for
// 20. By words alone, each by itself, and quotes that knew nothing of each other: 25 (37), 20, 16. More is to be had here (31, 41,
// 27, 24) with the grams across neighbours and BM25's K1 2 and B 0.5, and is lost on documents nobody here wrote: of 20 questions to
// the Markdown of the installed packages 15 instead of 19 find theirs first.
describe('the questions people ask of our own documentation', () => {
  it('name places that are there, and words that stand in them', () => {
    const wrong = questions.filter(
      ({ in: places, says }) =>
        !passages.some((it) => places.includes(it.place) && says.some((words) => it.text.includes(words))),
    )
    expect(wrong).toEqual([])
    expect(questions.length).toBeGreaterThanOrEqual(40)
  })

  it('find the right passage, mostly first', () => {
    const places = questions.map((it) => search(it.ask).findIndex(({ place }) => it.in.includes(place)))
    expect(places.filter((at) => at === 0).length / questions.length).toBeGreaterThanOrEqual(0.58)
    expect(places.filter((at) => at >= 0).length / questions.length).toBeGreaterThanOrEqual(0.84)
  })

  it('are answered with the sentence that says it, in few words', async () => {
    const answers = await Promise.all(questions.map(async (it) => ({ ...it, answered: await answer(it.ask) })))
    const says = (words: string[], answered: string) => words.some((it) => answered.includes(it))
    const share = (is: (it: (typeof answers)[0]) => boolean) => answers.filter(is).length / answers.length
    expect(share((it) => says(it.says, it.answered))).toBeGreaterThanOrEqual(0.56)
    expect(share((it) => says(it.says, firstQuote(it.answered)))).toBeGreaterThanOrEqual(0.43)
    expect(answers.reduce((sum, it) => sum + it.answered.length, 0) / answers.length).toBeLessThan(950)
  })

  it('are told plainly where it holds no answer', async () => {
    const answers = await Promise.all(unanswerable.map(answer))
    const plain = answers.filter((it) => it.startsWith('I found no answer'))
    expect(plain.length / unanswerable.length).toBeGreaterThanOrEqual(0.7)
  })
})
