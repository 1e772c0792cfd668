/** Who is writing: what the other side is told of the visitor, and the visitor of the other side. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { useChat } from '../stores/chat.ts'
import { usePanel } from '../stores/panel.ts'
import * as routes from './routes.ts'

const SAY_EVERY_MS = 3_000
/** As long as it is good for. */
const HOLDS_MS = 6_000

/** Tells that the visitor is writing, where somebody may be waiting for it, and says whether the other side is. */
export function usePresence() {
  const chat = useChat()
  const panel = usePanel()
  const conversation = computed(() => chat.state.current.conversation)
  let saidAt = -Infinity

  watch(
    () => panel.draft,
    (draft) => {
      const { id, handledBy, status } = conversation.value ?? {}
      if (!id || status !== 'open' || handledBy === 'assistant' || draft.trim() === '') return
      if (performance.now() - saidAt < SAY_EVERY_MS) return
      saidAt = performance.now()
      // Said again while they go on: one that is lost is no loss.
      chat.core.call(routes.tellTyping, { params: { conversationId: id } }).catch(() => {})
    },
  )

  const typing = ref<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = () => {
    clearTimeout(timer)
    typing.value = undefined
  }
  watch(
    () => chat.state.typing,
    (it) => {
      if (it?.author !== 'agent') return
      clearTimeout(timer)
      typing.value = it.conversationId
      timer = setTimeout(over, HOLDS_MS)
    },
  )
  // What they wrote is there.
  watch(() => chat.state.current.messages.findLast(({ author }) => author === 'agent')?.id, over)
  onScopeDispose(over)

  return computed(() => typing.value !== undefined && typing.value === conversation.value?.id)
}
