/** Reads out what happens in the thread: finished sentences of an answer, a place in the queue, a refusal. */
import { onScopeDispose, ref, watch } from 'vue'
import { createAnnouncer } from './announce.ts'
import { useChat } from './stores/chat.ts'
import { usePanel } from './stores/panel.ts'

export function useAnnouncements() {
  const chat = useChat()
  const panel = usePanel()
  const said = ref('')
  const announcer = createAnnouncer(
    (text) => (said.value = text),
    () => panel.locale,
  )
  let thread: string | undefined

  watch(
    () => chat.state.current,
    ({ id, loading, messages }) => {
      // What a conversation had when it was opened is read by who wants to, not read out.
      const old = id !== thread || loading
      if (!loading) thread = id
      for (const { id: message, author, status, text } of messages) {
        if (author === 'visitor') continue
        if (old && status !== 'streaming') announcer.skip(message, text)
        else announcer.feed(message, text, status !== 'streaming')
      }
    },
  )
  watch(
    () => chat.state.running?.place,
    (place) => {
      if (place !== undefined) said.value = panel.words.place(place)
    },
  )
  watch(
    () => chat.left,
    () => {
      announcer.close()
      said.value = ''
    },
    { flush: 'sync' },
  )
  onScopeDispose(announcer.close)
  return said
}
