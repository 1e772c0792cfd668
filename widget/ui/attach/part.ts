import { type FunctionalComponent, h } from 'vue'
import { usePanel } from '../stores/panel.ts'
import { cssOf } from '../styles.ts'
import Attach from './Attach.ce.vue'
import Enlarged from './Enlarged.ce.vue'
import FileCard from './FileCard.ce.vue'
import SentFiles from './SentFiles.ce.vue'
import Thumbnail from './Thumbnail.ce.vue'
import UploadCard from './UploadCard.ce.vue'

/** There is nothing to be done with files before there are words for it. */
const Files: FunctionalComponent = (_, { attrs }) => {
  if (!usePanel().words.attach) return 'files' in attrs ? undefined : h('i', { class: 'iconbutton' })
  return 'files' in attrs ? h(SentFiles, attrs as never) : h(Attach)
}
Files.inheritAttrs = false

export const part = { component: Files, css: cssOf({ Attach, UploadCard, Thumbnail, SentFiles, FileCard, Enlarged }) }
