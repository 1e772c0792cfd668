import { cssOf } from '../styles.ts'
import FeedbackForm from '../bubbles/FeedbackForm.ce.vue'
import ToolCard from '../tools/ToolCard.ce.vue'
import ConversationRow from './ConversationRow.ce.vue'
import Conversations from './Conversations.ce.vue'
import Home from './Home.ce.vue'
import PassageView from './PassageView.ce.vue'
import SearchResults from './SearchResults.ce.vue'

const rows = { ConversationRow }

export const home = { component: Home, css: cssOf({ ...rows, Home }) }
export const conversations = { component: Conversations, css: cssOf({ ...rows, Conversations, SearchResults }) }
export const passage = { component: PassageView, css: cssOf({ PassageView }) }
export const feedback = { component: FeedbackForm, css: cssOf({ FeedbackForm }) }
export const tool = { component: ToolCard, css: cssOf({ ToolCard }) }
