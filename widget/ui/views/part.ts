import { cssOf } from '../styles.ts'
import Conversations from './Conversations.ce.vue'
import PassageView from './PassageView.ce.vue'

export const conversations = { component: Conversations, css: cssOf({ Conversations }) }
export const passage = { component: PassageView, css: cssOf({ PassageView }) }
