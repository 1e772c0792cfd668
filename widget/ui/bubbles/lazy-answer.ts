/** An answer with all that can be done with it; its plain text until that is there. */
import { h } from 'vue'
import type { Message } from '@aside/protocol'
import { lazy } from '../lazy.ts'
import TypingBubble from './TypingBubble.ce.vue'

export const { component: LazyAnswer } = lazy(
  () => import('../markdown/part.ts').then(({ answer }) => answer),
  ({ message }) => {
    const { text } = message as Message
    return h('article', { class: 'answer' }, text ? h('div', { class: 'plain', dir: 'auto' }, text) : h(TypingBubble))
  },
)
