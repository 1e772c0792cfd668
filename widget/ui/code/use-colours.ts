/** Colours a block of code once somebody sees it, and what is added to it every now and then: never with each word. */
import { onMounted, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import type { Piece } from './highlight.ts'
import { languageOf } from './names.ts'

const EVERY_MS = 400
/** What comes after the last line that ends within them stays plain. */
const MAX_CHARS = 6_000

const headOf = (text: string): string =>
  text.length <= MAX_CHARS ? text : text.slice(0, text.lastIndexOf('\n', MAX_CHARS - 1) + 1)

/** The first `chars` of the code, in pieces. */
export interface Colours {
  readonly pieces: readonly Piece[]
  readonly chars: number
}

/** Nothing while the code is plain: in a language that is not known, before it is seen, where the grammars cannot be had. */
export function useColours(
  code: { readonly text: string; readonly lang?: string | undefined },
  block: Readonly<Ref<Element | null>>,
): Readonly<Ref<Colours | undefined>> {
  const colours = shallowRef<Colours>()
  let painted = ''
  let isSeen = false
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let observer: IntersectionObserver | undefined

  async function paint(): Promise<void> {
    timer = undefined
    const language = languageOf(code.lang)
    const head = headOf(code.text)
    if (!language || head === painted) return
    const grammars = await import('./highlight.ts').catch(() => undefined)
    // Another code by now, which will be painted in its turn.
    if (!grammars || isOver || languageOf(code.lang) !== language || !code.text.startsWith(head)) return
    painted = head
    colours.value = { pieces: grammars.highlight(head, language), chars: head.length }
  }

  function see(): void {
    observer?.disconnect()
    isSeen = true
    void paint()
  }

  watch(
    () => [code.text, code.lang] as const,
    ([text, lang], [, before]) => {
      if (lang !== before || !text.startsWith(painted)) {
        painted = ''
        colours.value = undefined
      }
      if (isSeen && languageOf(lang)) timer ??= setTimeout(() => void paint(), EVERY_MS)
    },
    { flush: 'sync' },
  )
  onMounted(() => {
    if (!block.value || !('IntersectionObserver' in globalThis)) return see()
    observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) see()
    })
    observer.observe(block.value)
  })
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
    observer?.disconnect()
  })
  return colours
}
