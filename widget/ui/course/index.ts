/** What goes on around the messages: asked before them, offered after them, and (`desk`) what stands in place of the composer. */
import { lazy } from '../lazy.ts'

export const { component: LazyCourse } = lazy(
  () => import('./part.ts').then(({ course }) => course),
  () => undefined,
)
