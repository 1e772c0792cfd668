import { cssOf } from '../styles.ts'
import FeedbackForm from '../bubbles/FeedbackForm.ce.vue'
import ToolCard from '../tools/ToolCard.ce.vue'
import Conversations from './Conversations.ce.vue'
import PassageView from './PassageView.ce.vue'
import SearchResults from './SearchResults.ce.vue'

export const conversations = { component: Conversations, css: cssOf({ Conversations, SearchResults }) }
export const passage = { component: PassageView, css: cssOf({ PassageView }) }
export const feedback = { component: FeedbackForm, css: cssOf({ FeedbackForm }) }
export const tool = { component: ToolCard, css: cssOf({ ToolCard }) }
