/** Markdown as it is meant to look; its plain text until the parser is there. */
import { h } from 'vue'
import { lazy } from '../lazy.ts'

export const { component: LazyMarkdown } = lazy(
  () => import('./part.ts').then(({ part }) => part),
  ({ text }) => h('div', { class: 'plain', dir: 'auto' }, String(text)),
)
