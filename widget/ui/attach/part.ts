import { type FunctionalComponent, h } from 'vue'
import { cssOf } from '../styles.ts'
import Attach from './Attach.ce.vue'
import Enlarged from './Enlarged.ce.vue'
import FileCard from './FileCard.ce.vue'
import SentFiles from './SentFiles.ce.vue'
import Thumbnail from './Thumbnail.ce.vue'
import UploadCard from './UploadCard.ce.vue'

const Files: FunctionalComponent = (_, { attrs }) => ('files' in attrs ? h(SentFiles, attrs as never) : h(Attach))
Files.inheritAttrs = false

export const part = { component: Files, css: cssOf({ Attach, UploadCard, Thumbnail, SentFiles, FileCard, Enlarged }) }
