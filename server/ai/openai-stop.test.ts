import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startModelServer, type ModelServer } from '../testing/model-server.ts'
import { tokenText } from '../testing/model-scenarios.ts'
import { createBreakers } from './breaker.ts'
import type { Prompt } from './model.ts'
import { createOpenAi, type OpenAiOptions } from './openai.ts'

const prompt = (model: string): Prompt => ({
  model,
  messages: [{ role: 'user', content: 'Go on.' }],
  passages: [],
  maxOutputTokens: 500,
})

let models: ModelServer
beforeAll(async () => {
  models = await startModelServer()
})
afterAll(() => models.stop())

const open = (options: Partial<OpenAiOptions> = {}) =>
  createOpenAi({ apiKey: 'sk-any', baseUrl: models.url, breakers: createBreakers(), ...options })

describe('stopping an answer', () => {
  it.each([
    ['read at once', 64],
    ['read at intervals', 0],
  ])('closes the upstream within 500 ms, %s', async (how, readAtOnceMost) => {
    const model = `tokens:2000:10#stop ${how}`
    const ai = open({ readAtOnceMost })
    const stop = new AbortController()
    const pieces: string[] = []
    const answer = ai.generate(prompt(model), (text) => pieces.push(text), stop.signal)
    answer.catch(() => undefined)
    await vi.waitUntil(() => pieces.length >= 5, { interval: 5 })

    const stoppedAt = performance.now()
    stop.abort()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    expect(performance.now() - stoppedAt).toBeLessThan(50)
    const given = pieces.length
    await vi.waitUntil(() => models.aborts(model) === 1, { timeout: 500, interval: 2 })
    expect(performance.now() - stoppedAt).toBeLessThan(500)
    // Nothing comes after the promise has settled.
    expect(pieces).toHaveLength(given)
    expect(models.requests.find((request) => request.model === model)).toMatchObject({ outcome: 'aborted' })
    await ai.close()
  })

  it('works before the headers have come', async () => {
    const ai = open()
    const gate = models.gate('gpt-answer#held')
    const stop = new AbortController()
    const answer = ai.generate(prompt('gpt-answer#held'), () => expect.unreachable(), stop.signal)
    answer.catch(() => undefined)
    await gate.reached
    stop.abort()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    await vi.waitUntil(() => models.aborts('gpt-answer#held') === 1, { timeout: 500, interval: 2 })
    await ai.close()
  })

  it('works while a retry waits, and asks no more', async () => {
    const ai = open()
    const stop = new AbortController()
    const answer = ai.generate(
      prompt('429-retry-5'),
      () => undefined,
      stop.signal,
      () => stop.abort(),
    )
    const startedAt = performance.now()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(models.calls('429-retry-5')).toBe(1)
    await ai.close()
  })

  it('asks nothing at all when it was stopped before', async () => {
    const ai = open()
    const answer = ai.generate(prompt('gpt-answer#never'), () => undefined, AbortSignal.abort())
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    expect(models.calls('gpt-answer#never')).toBe(0)
    await ai.close()
  })
})

describe('reading at intervals', () => {
  const whole = Array.from({ length: 100 }, (_, index) => tokenText(index)).join('')

  async function turns(readAtOnceMost: number) {
    const ai = open({ readAtOnceMost })
    const arrivals: number[] = []
    let text = ''
    const startedAt = performance.now()
    const note = (piece: string) => {
      text += piece
      arrivals.push(performance.now() - startedAt)
    }
    await ai.generate(prompt(`tokens:100:5#${readAtOnceMost}`), note, new AbortController().signal)
    await ai.close()
    expect(text).toBe(whole)
    return {
      firstMs: arrivals[0]!,
      reads: arrivals.filter((at, index) => index === 0 || at - arrivals[index - 1]! > 2).length,
    }
  }

  it('gives the first text at once and the same text in fewer reads', async () => {
    const atOnce = await turns(64)
    const paced = await turns(0)
    expect(atOnce.reads).toBeGreaterThan(40)
    expect(paced.reads).toBeLessThan(25)
    expect(paced.firstMs).toBeLessThan(atOnce.firstMs + 25)
  })

  it('uses a connection again for the next answer, read at once again', async () => {
    const ai = open({ readAtOnceMost: 0 })
    const first: number[] = []
    for (let round = 0; round < 5; round++) {
      const startedAt = performance.now()
      let firstMs: number | undefined
      await ai.generate(
        prompt('tokens:10:5'),
        () => {
          firstMs ??= performance.now() - startedAt
        },
        new AbortController().signal,
      )
      first.push(firstMs!)
    }
    expect(Math.min(...first.slice(1))).toBeLessThan(25)
    const ports = models.requests.filter((request) => request.model === 'tokens:10:5').map((request) => request.port)
    // The next question may come before the last byte of the answer before it.
    expect(ports).toHaveLength(5)
    expect(new Set(ports).size).toBeLessThanOrEqual(2)
    await ai.close()
  })
})
