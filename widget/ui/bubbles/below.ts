/** What may stand below an answer. */
import { lazy } from '../lazy.ts'

export const { component: LazyFeedback } = lazy(
  () => import('../views/part.ts').then(({ feedback }) => feedback),
  () => undefined,
)
export const { component: LazyTool } = lazy(
  () => import('../views/part.ts').then(({ tool }) => tool),
  () => undefined,
)
