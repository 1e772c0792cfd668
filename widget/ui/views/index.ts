/** The views beside the thread. */
import { h } from 'vue'
import { lazy } from '../lazy.ts'
import Skeleton from './Skeleton.ce.vue'

const meanwhile = () => h('div', { class: 'over' }, h(Skeleton))

export const { component: LazyPassage } = lazy(() => import('./part.ts').then(({ passage }) => passage), meanwhile)
export const { component: LazyConversations, fetch: fetchViews } = lazy(
  () => import('./part.ts').then(({ conversations }) => conversations),
  meanwhile,
)
export const { component: LazyHome } = lazy(() => import('./part.ts').then(({ home }) => home), meanwhile)
export const { component: LazySettings } = lazy(
  () => import('./settings-part.ts').then(({ settings }) => settings),
  meanwhile,
)
export const { component: LazyPlace } = lazy(
  () => import('../place/part.ts').then(({ place }) => place),
  () => undefined,
)
