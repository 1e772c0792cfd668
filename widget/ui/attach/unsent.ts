/** Keeps what is being written, and what is attached to it, for the conversation it belongs to: over a reload, and while another one is open. */
import type { Attachment } from '@aside/protocol'
import { shallowRef, watch } from 'vue'
import { nothing, storedUnsent, storeUnsent } from '../../core/unsent.ts'
import { useChat } from '../stores/chat.ts'
import { usePanel } from '../stores/panel.ts'

export function useUnsent() {
  const chat = useChat()
  const panel = usePanel()
  let { store } = chat.core
  let { left } = chat
  // Before the first frame the screen does not know it yet.
  let open = chat.core.getState().current.id
  /** The files that are there, as the store has them. */
  let files: readonly Attachment[] = []
  /** Those to be shown again: another array each time. */
  const again = shallowRef<readonly Attachment[]>([])

  function save(): void {
    // It is being emptied, for somebody who is not there any more.
    if (chat.left !== left) return
    // A question that is said anew is none: what was there before it is.
    storeUnsent(chat.core.store, open, { text: panel.editing?.before ?? panel.draft, files })
  }

  function restore(isOther: boolean): void {
    const unsent = storedUnsent(chat.core.store, open)
    files = unsent.files
    again.value = [...files]
    if (isOther) panel.editing = undefined
    if (isOther || panel.draft === '') panel.draft = unsent.text
    else save()
  }

  restore(false)
  // Who was in the middle of something goes on there.
  if (panel.view === 'home' && (panel.draft !== '' || files.length > 0)) panel.home()

  watch(() => panel.draft, save, { flush: 'sync' })
  watch(
    () => [chat.state.current.id, chat.state.current.clientId] as const,
    ([id, clientId], [idBefore, clientIdBefore]) => {
      if (id === open) return
      const isBegun =
        idBefore === undefined && open === undefined && clientId !== undefined && clientId === clientIdBefore
      if (isBegun) storeUnsent(chat.core.store, open, nothing)
      open = id
      if (isBegun) save()
      else restore(true)
    },
  )
  // Somebody has signed in: what they are writing comes along, or else what they were writing the last time is there again.
  watch(
    () => chat.person,
    () => {
      storeUnsent(store, open, nothing)
      store = chat.core.store
      if (panel.draft !== '' || files.length > 0) return save()
      open = chat.core.getState().current.id
      restore(true)
    },
    { flush: 'sync' },
  )
  watch(
    () => chat.left,
    (now) => {
      left = now
      open = undefined
      files = []
      again.value = []
    },
    { flush: 'sync' },
  )

  return {
    again,
    /** What is attached by now. */
    attached(now: readonly Attachment[]): void {
      files = now
      save()
    },
  }
}
