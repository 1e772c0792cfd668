import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppConfig, Message } from '@aside/protocol'
import { type Aside, startAside } from '../testing/aside.ts'
import { answerText } from '../testing/model-scenarios.ts'
import { type ModelServer, startModelServer } from '../testing/model-server.ts'
import { stores } from '../testing/stores.ts'

describe.for(stores)('what an answer offers, on %s', (store) => {
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

  /** The answers to these questions, and all that was shown of them. */
  async function ask(config: AppConfig, ...questions: string[]): Promise<{ answers: Message[]; shown: string }> {
    const owner = await aside.owner(config)
    const anna = await owner.visitor()
    let shown = ''
    const reading = anna.follow({
      onAny: ({ name, payload }) => {
        if (name === 'message-delta' || name === 'message-snapshot') shown += payload.text
      },
    })
    await reading.until('session-ready')
    const id = await anna.conversation()
    const answers: Message[] = []
    for (const question of questions) {
      const { turn } = await anna.post(id, question)
      answers.push((await reading.until('message-end', (it) => it.turn.id === turn?.id)).payload.message)
    }
    expect((await anna.messages(id)).messages.filter((it) => it.author === 'assistant')).toEqual(answers)
    reading.close()
    return { answers, shown }
  }

  it('is what a model thinks of, where its owner wants that, and is never seen in the text', async () => {
    const { answers, shown } = await ask({ model: 'asking', followUps: true }, 'What is Aside?')
    expect(answers[0]).toMatchObject({ text: answerText, suggestions: ['What does it cost?', 'Who answers then?'] })
    expect(shown).toBe(answerText)
    const silent = await ask({ model: 'asking' }, 'What is Aside?')
    expect(silent.answers[0]).toMatchObject({ text: answerText })
    expect(silent.answers[0]).not.toHaveProperty('suggestions')
  })

  it('is what the owner suggests and was not asked yet, where the sources answer', async () => {
    const suggestedQuestions = ['What is it?', 'How much is it?']
    const { answers } = await ask({ model: 'local', suggestedQuestions }, 'What is it?', 'how much is it?')
    expect(answers.map((it) => it.suggestions)).toEqual([['How much is it?'], undefined])
  })

  it('is to leave a message, where nobody could answer', async () => {
    const config: AppConfig = { model: 'asking', budgets: { perApp: { tokensPerDay: 0 }, whenSpent: ['message'] } }
    const { answers } = await ask(config, 'Hello?')
    expect(answers[0]).toMatchObject({ unanswered: true, status: 'completed' })
  })
})
