/** What parts that come later say, in the visitor's language. */
import { type ShallowRef, shallowRef, watch } from 'vue'
import { usePanel } from '../../stores/panel.ts'
import { type LaterWords, en } from './en.ts'

export type { LaterWords } from './en.ts'

export const others: Record<string, () => Promise<{ words: LaterWords }>> = {
  ar: () => import('./ar.ts'),
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  it: () => import('./it.ts'),
  ja: () => import('./ja.ts'),
  nl: () => import('./nl.ts'),
  pt: () => import('./pt.ts'),
  ru: () => import('./ru.ts'),
  tr: () => import('./tr.ts'),
  zh: () => import('./zh.ts'),
}

/** English at once, any other as soon as it is loaded. */
export function useLaterWords(): Readonly<ShallowRef<LaterWords>> {
  const panel = usePanel()
  const words = shallowRef(en)
  watch(
    () => panel.locale,
    async (wish) => {
      const load = others[wish.toLowerCase().split(/[-_]/)[0] ?? '']
      const loaded = await load?.().catch(() => undefined)
      if (panel.locale === wish) words.value = loaded?.words ?? en
    },
    { immediate: true },
  )
  return words
}
