import { cssOf } from '../styles.ts'
import AnswerActions from '../bubbles/AnswerActions.ce.vue'
import SourceList from '../bubbles/SourceList.ce.vue'
import CodeBlock from './CodeBlock.ce.vue'
import Markdown from './Markdown.ce.vue'

export const part = { component: Markdown, css: cssOf({ Markdown, CodeBlock }) }
/** What stands under an answer comes with its words. */
export const sources = { component: SourceList, css: cssOf({ SourceList }) }
export const actions = { component: AnswerActions, css: cssOf({ AnswerActions }) }
