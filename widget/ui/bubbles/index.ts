/** What was said, and what reads it out: fetched once there is a chat, or something to say. */
import { h } from 'vue'
import { lazy } from '../lazy.ts'
import Skeleton from '../views/Skeleton.ce.vue'

export const { component: LazyMessages, fetch: fetchMessages } = lazy(
  () => import('../views/messages-part.ts').then(({ messages }) => messages),
  () => h(Skeleton),
)

export const { component: LazyAnnouncements, fetch: fetchMarkdown } = lazy(
  () => import('../markdown/part.ts').then(({ announcements }) => announcements),
  () => undefined,
)

/** Somebody is about to ask: the answer will want all of it. */
export function fetchAnswers(): void {
  void fetchMessages()
  void fetchMarkdown()
}
