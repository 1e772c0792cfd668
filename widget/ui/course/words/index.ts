/** What is said in the course of a conversation, in the visitor's language. Apart from the other words: it comes later. */
import { type ShallowRef, shallowRef, watch } from 'vue'
import { usePanel } from '../../stores/panel.ts'
import { type CourseWords, en } from './en.ts'

export type { CourseWords } from './en.ts'

export const others: Record<string, () => Promise<CourseWords>> = {
  ar: () => import('./ar.ts').then(({ ar }) => ar),
  de: () => import('./de.ts').then(({ de }) => de),
}

/** English at once, any other as soon as it is loaded. */
export function useCourseWords(): Readonly<ShallowRef<CourseWords>> {
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
