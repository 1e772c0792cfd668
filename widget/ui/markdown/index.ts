/** An answer as it is meant to look; its plain text until the parser is there. */
import { h } from 'vue'
import { lazy } from '../lazy.ts'

export const { component: LazyMarkdown, fetch: fetchMarkdown } = lazy(
  () => import('./part.ts').then(({ part }) => part),
  ({ text }) => h('div', { class: 'plain', dir: 'auto' }, String(text)),
)

export const { component: LazySources } = lazy(
  () => import('./part.ts').then(({ sources }) => sources),
  () => undefined,
)
export const { component: LazyActions } = lazy(
  () => import('./part.ts').then(({ actions }) => actions),
  () => undefined,
)
