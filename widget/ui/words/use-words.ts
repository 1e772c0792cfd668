import { computed, type ComputedRef } from 'vue'
import { usePanel } from '../stores/panel.ts'
import { type AllWords, enLater } from './en-later.ts'

/** All words, for the parts that come later. The first screen has to do with `panel.words`. */
export function useWords(): ComputedRef<AllWords> {
  const panel = usePanel()
  return computed(() => {
    const { errors, ...words } = panel.words
    return { ...enLater, ...words, errors: { ...enLater.errors, ...errors } }
  })
}
