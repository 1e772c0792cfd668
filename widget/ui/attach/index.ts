/** Files: with `files` those that were sent, without the button that attaches some to what is being written. */
import { h } from 'vue'
import { lazy } from '../lazy.ts'

export const { component: LazyFiles } = lazy(
  () => import('./part.ts').then(({ part }) => part),
  // Where the button will be.
  ({ files }) => (files ? undefined : h('i', { class: 'iconbutton' })),
)
