import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, h, nextTick, reactive, shallowRef } from 'vue'
import { Painted } from './painted.ts'
import { useColours } from './use-colours.ts'

let see = () => {}
let observed = 0

/** Says that a block is in sight when the test does. */
class Sight {
  constructor(tell: (entries: { isIntersecting: boolean }[]) => void) {
    see = () => tell([{ isIntersecting: true }])
  }
  observe() {
    observed++
  }
  disconnect() {
    observed--
  }
}

beforeEach(async () => {
  await import('./highlight.ts')
  vi.useFakeTimers()
  vi.stubGlobal('IntersectionObserver', Sight)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function block(text: string, lang: string | undefined) {
  const code = reactive<{ text: string; lang?: string | undefined }>({ text, lang })
  const place = document.createElement('div')
  const element = shallowRef<Element | null>(place)
  const app = createApp({
    setup() {
      const colours = useColours(code, element)
      return () => [
        colours.value && h(Painted, { pieces: colours.value.pieces }),
        code.text.slice(colours.value?.chars),
      ]
    },
  })
  app.mount(place)
  const settled = () => vi.advanceTimersByTimeAsync(400)
  const keywords = () => [...place.querySelectorAll('.code-keyword')].map((it) => it.textContent)
  return { code, place, keywords, settled, close: () => app.unmount() }
}

describe('a block of code', () => {
  it('is plain until somebody sees it', async () => {
    const { place, keywords, settled } = block('return 1', 'js')
    await settled()
    expect(keywords()).toEqual([])
    see()
    await settled()
    expect(keywords()).toEqual(['return '])
    expect(place.textContent).toBe('return 1')
  })

  it('that still grows keeps its colours, and gets new ones every now and then', async () => {
    const { code, place, keywords, settled } = block('return', 'js')
    see()
    await settled()
    code.text = 'return 1 // to\nif'
    await nextTick()
    expect(keywords()).toEqual(['return'])
    expect(place.textContent).toBe('return 1 // to\nif')
    await settled()
    expect(keywords()).toEqual(['return ', 'if'])
    expect(place.textContent).toBe('return 1 // to\nif')
  })

  it('that becomes another one begins plain', async () => {
    const { code, place, keywords, settled } = block('return 1', 'js')
    see()
    await settled()
    code.text = 'while (2) {}'
    await nextTick()
    expect(keywords()).toEqual([])
    expect(place.textContent).toBe('while (2) {}')
    await settled()
    expect(keywords()).toEqual(['while'])
    code.lang = 'text'
    await settled()
    expect(keywords()).toEqual([])
  })

  it('that is long has colours at its beginning, up to the end of a line', async () => {
    const text = 'return 1\n'.repeat(2_000)
    const { place, keywords, settled } = block(text, 'js')
    see()
    await settled()
    expect(keywords()).toHaveLength(Math.floor(6_000 / 'return 1\n'.length))
    expect(place.textContent).toBe(text)
  })

  it('stays plain in a language nobody knows here', async () => {
    const { place, keywords, settled } = block('return 1', 'brainfuck')
    see()
    await settled()
    expect(keywords()).toEqual([])
    expect(place.textContent).toBe('return 1')
  })

  it('leaves nothing behind when it goes', async () => {
    const before = observed
    const { code, close } = block('return 1', 'js')
    expect(observed).toBe(before + 1)
    close()
    expect(observed).toBe(before)
    code.text += '2'
    expect(vi.getTimerCount()).toBe(0)
  })
})
