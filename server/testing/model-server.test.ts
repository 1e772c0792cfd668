import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { answerText, tokenText } from './model-scenarios.ts'
import { startModelServer, type ModelServer } from './model-server.ts'

describe('the scripted model, asked by the official SDK', () => {
  let models: ModelServer
  let client: OpenAI
  beforeAll(async () => {
    models = await startModelServer({ apiKey: 'sk-right' })
    client = new OpenAI({ apiKey: 'sk-right', baseURL: models.url, maxRetries: 0 })
  })
  afterAll(() => models.stop())

  const messages = [
    {
      role: 'system' as const,
      content: 'Rules.\n\nPassages:\n\n[1] Prices › EU\nThe plan costs 5 € a month. More below.\n\n[2] Else\nNo.',
    },
    { role: 'user' as const, content: 'What does it cost?' },
  ]

  it('streams an answer chunk by chunk, with usage when asked for', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-answer',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(answerText)
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: chunks.length - 3 } })
  })

  it('answers in one piece without stream, and quotes what it was given', async () => {
    const answer = await client.chat.completions.create({ model: 'echo', messages })
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'The plan costs 5 € a month. [1]' },
    })
  })

  it('says a question again as it is, in pieces, and an essay of as many tokens as asked for', async () => {
    const question = 'a <b>\n\n[c](d) \u202e'
    const texts = async (model: string, content: string) => {
      const asked = { model, messages: [{ role: 'user' as const, content }], stream: true as const }
      const chunks = await Array.fromAsync(await client.chat.completions.create(asked))
      return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').filter((text) => text !== '')
    }
    const said = await texts('repeat:3', question)
    expect(said.join('')).toBe(question)
    expect(said.length).toBe(Math.ceil(question.length / 3))
    const essay = await texts('essay:300', question)
    expect(essay.length).toBe(300)
    expect(essay.join('')).toMatch(/^## Section 1\n[^]*```ts\n[^]*\n## Section 2/)
  })

  it('gives as many tokens as asked for, at the pace asked for', async () => {
    const startedAt = performance.now()
    const stream = await client.chat.completions.create({ model: 'tokens:20:10:100', messages, stream: true })
    const texts: string[] = []
    let firstMs = 0
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content
      if (!text) continue
      if (texts.length === 0) firstMs = performance.now() - startedAt
      texts.push(text)
    }
    expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => tokenText(index)))
    expect(firstMs).toBeGreaterThanOrEqual(98)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(288)
  })

  it('lists models, and refuses a wrong key and an unknown model', async () => {
    const { data } = await client.models.list()
    expect(data.map((model) => model.id)).toContain('gpt-answer')
    const stranger = new OpenAI({ apiKey: 'sk-wrong', baseURL: models.url, maxRetries: 0 })
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 })
    await expect(client.chat.completions.create({ model: 'nobody', messages })).rejects.toMatchObject({ status: 404 })
  })

  it('holds an answer at a gate, and notes who went away', async () => {
    const gate = models.gate('tokens:9:1#held', 0)
    const stop = new AbortController()
    const going = client.chat.completions.create(
      { model: 'tokens:9:1#held', messages, stream: true },
      { signal: stop.signal },
    )
    going.catch(() => undefined)
    await gate.reached
    expect(models.aborts('tokens:9:1#held')).toBe(0)
    stop.abort()
    await vi.waitUntil(() => models.aborts('tokens:9:1#held') === 1, { interval: 2 })
    gate.release()

    const second = models.gate('gpt-answer#held', 3)
    const stream = await client.chat.completions.create({ model: 'gpt-answer#held', messages, stream: true })
    await second.reached
    second.release()
    expect(await Array.fromAsync(stream)).not.toHaveLength(0)
    expect(models.calls('gpt-answer#held')).toBe(1)
    const request = models.requests.find((it) => it.model === 'gpt-answer#held')
    expect(request).toMatchObject({ body: { messages }, outcome: 'ended' })
    expect(JSON.stringify(request)).not.toContain('sk-right')
  })
})
