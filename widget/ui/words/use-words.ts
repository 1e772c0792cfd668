/** All words, for the parts that come later: what is missing of them is asked for. */
import { computed, type ComputedRef } from 'vue'
import { usePanel } from '../stores/panel.ts'
import type { Words } from './index.ts'

export function useWords(): ComputedRef<Words> {
  const panel = usePanel()
  void panel.loadWords()
  return computed(() => panel.words)
}
