/** What goes on around the messages: asked before them, offered after them, and what stands in place of the composer. */
import { lazy } from '../lazy.ts'

const nothing = () => undefined

export const { component: LazyCourse } = lazy(() => import('./part.ts').then(({ course }) => course), nothing)
export const { component: LazyDesk } = lazy(() => import('./part.ts').then(({ desk }) => desk), nothing)
