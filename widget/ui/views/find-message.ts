import { nextTick } from 'vue'
import { fetchMarkdown, fetchMessages } from '../bubbles/index.ts'
import type { useChat } from '../stores/chat.ts'

/** How many earlier pages are fetched for a message from long ago, before it is left at that. */
const PAGES = 40
const MARKED_MS = 2_000

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/**
 * Brings a message of the open conversation into sight, marks it for a moment and gives it the focus. Nothing where it is not
 * found, or somebody has gone on to another conversation.
 */
export async function findMessage(root: ParentNode, chat: ReturnType<typeof useChat>, messageId: string) {
  const conversationId = chat.state.current.id
  for (let page = 0; page < PAGES; page++) {
    const { id, messages, hasMore } = chat.state.current
    if (id !== conversationId) return
    if (messages.some((it) => it.id === messageId)) break
    if (!hasMore) return
    await chat.earlier()
    if (chat.state.current.messages === messages) return
  }
  // What is drawn later would push it out of sight again; the thread has its own idea first of where to begin.
  await Promise.all([fetchMessages(), fetchMarkdown()])
  await nextTick()
  await nextFrame()
  await nextFrame()
  const element = root.querySelector<HTMLElement>(`[data-id="${CSS.escape(messageId)}"]`)
  if (!element) return
  element.scrollIntoView({ block: 'center' })
  // Now: what grows in this very frame would be followed to the end before the browser tells of the scrolling.
  element.closest('.scroller')?.dispatchEvent(new Event('scroll'))
  element.tabIndex = -1
  element.focus({ preventScroll: true })
  element.classList.add('found')
  setTimeout(() => element.classList.remove('found'), MARKED_MS)
}
