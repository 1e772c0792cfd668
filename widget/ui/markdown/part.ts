import { Announcements } from '../announcements.ts'
import AnswerActions from '../bubbles/AnswerActions.ce.vue'
import AnswerBubble from '../bubbles/AnswerBubble.ce.vue'
import SourceList from '../bubbles/SourceList.ce.vue'
import { cssOf } from '../styles.ts'
import CodeBlock from './CodeBlock.ce.vue'
import Markdown from './Markdown.ce.vue'

const css = cssOf({ Markdown, CodeBlock })

export const announcements = { component: Announcements, css: '' }
export const part = { component: Markdown, css }
export const answer = {
  component: AnswerBubble,
  css: `${css}\n${cssOf({ AnswerBubble, AnswerActions, SourceList })}`,
}
