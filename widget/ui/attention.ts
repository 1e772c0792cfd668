/** Tells of what came while nobody looked, by the page's title and by a sound: nothing of it is loaded before. */
import { onScopeDispose, watch } from 'vue'
import { useChat } from './stores/chat.ts'
import { usePanel } from './stores/panel.ts'

export const loadAttention = () => import('./attention/part.ts')

export function useAttention(): void {
  const chat = useChat()
  const panel = usePanel()
  let teller: Promise<void | { tell(unread: number, isHeard: boolean): void; close(): void }> | undefined

  watch(
    () => chat.state.unread,
    (now, before) => {
      // An iframe has no say over the title of the page around it.
      const hasPage = panel.mode !== 'frame' || window.parent === window
      // What is restored was told of before.
      const isHeard = now > before && chat.ready && panel.hasSound
      if (now > 0)
        teller ??= loadAttention().then(
          (it) => it.createTeller(hasPage),
          () => void (teller = undefined),
        )
      void teller?.then((it) => it?.tell(chat.state.unread, isHeard))
    },
  )
  onScopeDispose(() => teller?.then((it) => it?.close()))
}
