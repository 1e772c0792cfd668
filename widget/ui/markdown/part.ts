import { cssOf } from '../styles.ts'
import CodeBlock from './CodeBlock.ce.vue'
import Markdown from './Markdown.ce.vue'

export const part = { component: Markdown, css: cssOf({ Markdown, CodeBlock }) }
