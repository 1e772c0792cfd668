import { isFault } from '@aside/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startModelServer, type ModelServer } from '../testing/model-server.ts'
import { createBreaker, createBreakers, defaultBreakerLimits, type Outcome } from './breaker.ts'
import type { Prompt } from './model.ts'
import { createOpenAi } from './openai.ts'

describe('a breaker', () => {
  function setUp() {
    const clock = { ms: 0 }
    const breaker = createBreaker(defaultBreakerLimits, () => clock.ms)
    const call = (outcome: Outcome) => breaker.enter().settle(outcome)
    const calls = (...outcomes: Outcome[]) => outcomes.forEach(call)
    return { clock, breaker, call, calls }
  }

  it('opens at the fifth failure in a row', () => {
    const { breaker, call, calls } = setUp()
    calls('failure', 'failure', 'failure', 'failure', 'success')
    calls('failure', 'failure', 'failure', 'failure')
    expect(breaker.state).toBe('closed')
    call('failure')
    expect(breaker.state).toBe('open')
    expect(() => breaker.enter()).toThrowError(
      expect.objectContaining({ code: 'upstream_unavailable', retryAfterMs: 15_000 }),
    )
  })

  it('opens when half of at least twenty calls within thirty seconds failed', () => {
    const { clock, breaker, calls } = setUp()
    for (let pair = 0; pair < 9; pair++) calls('success', 'failure')
    calls('success')
    expect(breaker.state).toBe('closed')
    calls('failure')
    expect(breaker.state).toBe('open')
    clock.ms += 15_000
    calls('success')

    for (let pair = 0; pair < 9; pair++) calls('success', 'failure')
    clock.ms += 31_000
    calls('success', 'failure')
    expect(breaker.state).toBe('closed')
  })

  it('lets one call probe after fifteen seconds, and closes when it is answered', () => {
    const { clock, breaker, calls } = setUp()
    calls(...Array<Outcome>(5).fill('failure'))
    clock.ms = 14_999
    expect(() => breaker.enter()).toThrow()
    clock.ms = 15_000
    const probe = breaker.enter()
    expect(() => breaker.enter()).toThrow()
    probe.answers()
    expect(breaker.state).toBe('closed')
    breaker.enter().settle('success')
    probe.settle('failure')
    expect(breaker.state).toBe('closed')
  })

  it('stays open for another fifteen seconds when the probe fails, and waits for another when it tells nothing', () => {
    const { clock, breaker, calls } = setUp()
    calls(...Array<Outcome>(5).fill('failure'))
    clock.ms = 15_000
    breaker.enter().settle('neutral')
    breaker.enter().settle('failure')
    clock.ms = 29_999
    expect(breaker.state).toBe('open')
    clock.ms = 30_000
    breaker.enter().settle('success')
    expect(breaker.state).toBe('closed')
  })

  it('does not hear calls that began before it opened', () => {
    const { clock, breaker, calls } = setUp()
    const early = [breaker.enter(), breaker.enter()]
    calls(...Array<Outcome>(5).fill('failure'))
    early[0]!.settle('success')
    clock.ms = 14_000
    early[1]!.settle('failure')
    expect(breaker.state).toBe('open')
    clock.ms = 15_000
    expect(breaker.state).toBe('half-open')
  })

  it('is one for each provider and key', () => {
    const breakers = createBreakers()
    const mine = breakers('https://one.example/v1', 'key')
    expect(breakers('https://one.example/v1', 'key')).toBe(mine)
    expect(breakers('https://one.example/v1', 'other')).not.toBe(mine)
    expect(breakers('https://two.example/v1', 'key')).not.toBe(mine)
  })
})

describe('C17: a provider that keeps failing', () => {
  let models: ModelServer
  beforeAll(async () => {
    models = await startModelServer()
  })
  afterAll(() => models.stop())

  const prompt = (model: string): Prompt => ({
    model,
    messages: [{ role: 'user', content: '?' }],
    passages: [],
    maxOutputTokens: 9,
  })

  it('is left alone after the failures, probed once, and asked again when it is back', async () => {
    const openMs = 400
    const breakers = createBreakers({ ...defaultBreakerLimits, openMs })
    const provider = (apiKey: string) => createOpenAi({ apiKey, baseUrl: models.url, breakers, retry: { most: 0 } })
    const ai = provider('sk-one')
    const ask = async (model: string, by = ai) => {
      const startedAt = performance.now()
      const outcome = await by
        .generate(prompt(model), () => undefined, new AbortController().signal)
        .then(
          (completion) => completion.finishReason,
          (error: unknown) => (isFault(error) ? error.code : error),
        )
      return { outcome, tookMs: performance.now() - startedAt }
    }

    for (let call = 0; call < 20; call++) await ask('500')
    expect(models.calls('500')).toBe(5)

    const refused = await ask('gpt-answer')
    expect(refused.outcome).toBe('upstream_unavailable')
    expect(refused.tookMs).toBeLessThan(50)
    expect(models.calls('gpt-answer')).toBe(0)

    // Another key of the same provider is not concerned.
    const other = provider('sk-two')
    expect(await ask('gpt-answer', other)).toMatchObject({ outcome: 'stop' })

    await new Promise((resolve) => setTimeout(resolve, openMs + 20))
    const gate = models.gate('gpt-answer#probe')
    const probe = ask('gpt-answer#probe')
    await gate.reached
    const meanwhile = await Promise.all([ask('gpt-answer#probe'), ask('gpt-answer#probe')])
    expect(meanwhile.map((it) => it.outcome)).toEqual(['upstream_unavailable', 'upstream_unavailable'])
    expect(models.calls('gpt-answer#probe')).toBe(1)
    gate.release()
    expect((await probe).outcome).toBe('stop')
    expect((await ask('gpt-answer#probe')).outcome).toBe('stop')
    await Promise.all([ai.close(), other.close()])
  })

  it('is not blamed for refusing our key or our request', async () => {
    const ai = createOpenAi({ apiKey: 'sk-three', baseUrl: models.url, breakers: createBreakers() })
    for (const model of ['401', '400', '429-retry-60', '404', '401', '401', '400'])
      await ai.generate(prompt(model), () => undefined, new AbortController().signal).catch(() => undefined)
    const { finishReason } = await ai.generate(prompt('gpt-answer'), () => undefined, new AbortController().signal)
    expect(finishReason).toBe('stop')
    await ai.close()
  })
})
