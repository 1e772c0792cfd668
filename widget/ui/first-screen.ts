/** All that has styles and is there from the beginning; a test holds it against the folder. */
import Composer from './chrome/Composer.ce.vue'
import Header from './chrome/Header.ce.vue'
import Icon from './chrome/Icon.ce.vue'
import Notices from './chrome/Notices.ce.vue'
import Panel from './Panel.ce.vue'
import Root from './Root.ce.vue'
import Skeleton from './views/Skeleton.ce.vue'
import Thread from './views/Thread.ce.vue'
import Welcome from './views/Welcome.ce.vue'

export const firstScreen = {
  Root,
  Panel,
  Header,
  Icon,
  Notices,
  Composer,
  Thread,
  Welcome,
  Skeleton,
}
