/**
 * With a list of `files`, those that were sent. Else what keeps what is being written, with the button that attaches files to it,
 * unless `files` says that there are none.
 */
import { h } from 'vue'
import { lazy } from '../lazy.ts'

export const { component: LazyFiles } = lazy(
  () => import('./part.ts').then(({ part }) => part),
  // Where the button will be.
  ({ files }) => (files ? undefined : h('i', { class: 'iconbutton' })),
)
