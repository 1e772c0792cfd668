import { defineComponent, type FunctionalComponent, h } from 'vue'
import { usePanel } from '../stores/panel.ts'
import { cssOf } from '../styles.ts'
import Attach from './Attach.ce.vue'
import Enlarged from './Enlarged.ce.vue'
import FileCard from './FileCard.ce.vue'
import SentFiles from './SentFiles.ce.vue'
import Thumbnail from './Thumbnail.ce.vue'
import UploadCard from './UploadCard.ce.vue'
import { useUnsent } from './unsent.ts'

/** There is nothing to be done with files before there are words for it. */
const Unsent = defineComponent(() => {
  const panel = usePanel()
  const { again, attached } = useUnsent()
  return () => {
    if (!panel.settings?.features.uploads) return undefined
    return panel.words.attach
      ? h(Attach, { again: again.value, onAttached: attached })
      : h('i', { class: 'iconbutton' })
  }
})

const Files: FunctionalComponent = (_, { attrs }) => {
  if (!Array.isArray(attrs['files'])) return h(Unsent)
  return usePanel().words.attach ? h(SentFiles, attrs as never) : undefined
}
Files.inheritAttrs = false

export const part = { component: Files, css: cssOf({ Attach, UploadCard, Thumbnail, SentFiles, FileCard, Enlarged }) }
