import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAnnouncer, spoken } from './announce.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function listen(locale = 'en') {
  const said: string[] = []
  const announcer = createAnnouncer(
    (text) => said.push(text),
    () => locale,
    100,
  )
  return { said, announcer, wait: () => vi.advanceTimersByTime(100) }
}

describe('an answer that is read out', () => {
  it('comes in whole sentences, each once, however it streams', () => {
    const { said, announcer, wait } = listen()
    const text = 'You can return it. Within 30 days, that is. Then the money'
    for (let end = 1; end <= text.length; end++) {
      announcer.feed('m', text.slice(0, end), false)
      wait()
    }
    expect(said).toEqual(['You can return it.', 'Within 30 days, that is.'])
    announcer.feed('m', `${text} comes back.`, true)
    wait()
    expect(said.at(-1)).toBe('Then the money comes back.')
  })

  it('gathers what finished within a moment into one announcement', () => {
    const { said, announcer, wait } = listen()
    announcer.feed('m', 'One. Two. ', false)
    announcer.feed('m', 'One. Two. Three. ', false)
    expect(said).toEqual([])
    wait()
    expect(said).toEqual(['One. Two. Three.'])
  })

  it('comes line by line where a list has no full stops', () => {
    const { said, announcer, wait } = listen()
    announcer.feed('m', '- the box\n- the foam\n- the', false)
    wait()
    expect(said).toEqual(['the box the foam'])
  })

  it('knows the sentences of other scripts', () => {
    const { said, announcer, wait } = listen('ja')
    announcer.feed('m', '返品できます。 三十日以内です。 その', false)
    wait()
    expect(said[0]).toContain('返品できます。')
  })

  it('is not read out when it was there before', () => {
    const { said, announcer, wait } = listen()
    announcer.skip('m', 'Old. ')
    announcer.feed('m', 'Old. ', true)
    wait()
    expect(said).toEqual([])
  })

  it('says the words and not the marks', () => {
    expect(spoken('## Back\n\n**Yes** [1], see [the *terms*](https://x.example) and `code`.\n> ![a lamp](x)')).toBe(
      'Back Yes , see the terms and code . a lamp',
    )
  })

  it('says nothing more after it was closed', () => {
    const { said, announcer, wait } = listen()
    announcer.feed('m', 'One. ', false)
    announcer.close()
    wait()
    expect(said).toEqual([])
  })
})
