import NoteBubble from '../bubbles/NoteBubble.ce.vue'
import OutboxBubble from '../bubbles/OutboxBubble.ce.vue'
import TypingBubble from '../bubbles/TypingBubble.ce.vue'
import VisitorBubble from '../bubbles/VisitorBubble.ce.vue'
import { cssOf } from '../styles.ts'
import Messages from './Messages.ce.vue'

export const messages = {
  component: Messages,
  css: cssOf({ Messages, VisitorBubble, OutboxBubble, TypingBubble, NoteBubble }),
}
