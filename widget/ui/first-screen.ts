/** All that has styles and is there from the beginning; a test holds it against the folder. */
import AnswerBubble from './bubbles/AnswerBubble.ce.vue'
import NoteBubble from './bubbles/NoteBubble.ce.vue'
import OutboxBubble from './bubbles/OutboxBubble.ce.vue'
import TypingBubble from './bubbles/TypingBubble.ce.vue'
import VisitorBubble from './bubbles/VisitorBubble.ce.vue'
import Composer from './chrome/Composer.ce.vue'
import Header from './chrome/Header.ce.vue'
import Icon from './chrome/Icon.ce.vue'
import Launcher from './chrome/Launcher.ce.vue'
import Notices from './chrome/Notices.ce.vue'
import Panel from './Panel.ce.vue'
import Root from './Root.ce.vue'
import Skeleton from './views/Skeleton.ce.vue'
import Thread from './views/Thread.ce.vue'
import Welcome from './views/Welcome.ce.vue'

export const firstScreen = {
  Root,
  Panel,
  Launcher,
  Header,
  Icon,
  Notices,
  Composer,
  Thread,
  Welcome,
  Skeleton,
  VisitorBubble,
  AnswerBubble,
  OutboxBubble,
  TypingBubble,
  NoteBubble,
}
