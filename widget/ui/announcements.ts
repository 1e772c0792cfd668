/** Reads out what happens in the thread: finished sentences of an answer, a place in the queue, a refusal. */
import { defineComponent, onScopeDispose, watch } from 'vue'
import { createAnnouncer } from './announce.ts'
import { useChat } from './stores/chat.ts'
import { usePanel } from './stores/panel.ts'

/** Draws nothing: what there is to say it hands on, for a live region that was there before. */
export const Announcements = defineComponent({
  emits: { say: (_text: string) => true },
  setup(_props, { emit }) {
    const chat = useChat()
    const panel = usePanel()
    const say = (text: string) => emit('say', text)
    const announcer = createAnnouncer(say, () => panel.locale)
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
        if (place !== undefined) say(panel.words.place(place))
      },
    )
    watch(
      () => chat.left,
      () => {
        announcer.close()
        say('')
      },
      { flush: 'sync' },
    )
    onScopeDispose(announcer.close)
    return () => undefined
  },
})
