/** What parts that come later say, in the visitor's language. */
import { type ShallowRef, shallowRef, watch } from 'vue'
import { usePanel } from '../../stores/panel.ts'
import { type LaterWords, en } from './en.ts'

export type { LaterWords } from './en.ts'

export const others: Record<string, () => Promise<LaterWords>> = {
  ar: () => import('./ar.ts').then(({ ar }) => ar),
  de: () => import('./de.ts').then(({ de }) => de),
}

/** English at once, any other as soon as it is loaded. */
export function useLaterWords(): Readonly<ShallowRef<LaterWords>> {
  const panel = usePanel()
  const words = shallowRef(en)
  watch(
    () => panel.locale,
    async (wish) => {
      const load = others[wish.toLowerCase().split(/[-_]/)[0] ?? '']
      const loaded = (await load?.().catch(() => en)) ?? en
      if (panel.locale === wish) words.value = loaded
    },
    { immediate: true },
  )
  return words
}
