/** A list that grows at its end, and is read: who reads the end stays there, who reads above is left in peace. */
import { bare } from '@aside/protocol/bare'
import { nextTick, onBeforeUpdate, onMounted, onScopeDispose, ref, type ShallowRef } from 'vue'

type Part = Readonly<ShallowRef<HTMLElement | null>>

/** Nearer than this counts as being there. */
const NEAR_PX = 48

/** What stays in sight above the beginning of an answer. */
const MARGIN_PX = 12

/**
 * Who reads the end stays there while it grows, but is never taken past the beginning of the answer that comes last
 * (`lastAnswer`): it is read from there. `atStart` is called when the beginning of all comes into sight; what it adds above does
 * not move what is read.
 */
export function useReadingPlace(
  scroller: Part,
  content: Part,
  lastAnswer: (content: HTMLElement) => Element | null,
  atStart: () => Promise<void>,
) {
  const away = ref(false)
  /** `answer`: to the end, or the beginning of the last answer where that comes first. `end`: to the very end. */
  let following: 'answer' | 'end' | undefined = 'answer'
  /** Where the last scrolling of our own led. */
  let ownTop: number | undefined
  let loading = false
  /** What is read while something is added above, and where it was. */
  let read: Element | null | undefined
  let readAt = 0

  const topOf = (element: Element) => element.getBoundingClientRect().top
  const endOf = (element: HTMLElement) => element.scrollHeight - element.clientHeight
  const look = (element: HTMLElement) => {
    away.value = endOf(element) - element.scrollTop > element.clientHeight / 2
  }

  function beginning(element: HTMLElement): number {
    const answer = content.value && lastAnswer(content.value)
    if (!answer) return Infinity
    return topOf(answer) - topOf(element) + element.scrollTop - MARGIN_PX
  }

  function follow(): void {
    const element = scroller.value
    if (!element) return
    if (following) {
      const end = endOf(element)
      element.scrollTo({ top: following === 'end' ? end : Math.max(0, Math.min(end, beginning(element))) })
      ownTop = element.scrollTop
    }
    look(element)
  }

  function goTo(place: 'answer' | 'end'): void {
    following = place
    away.value = false
    void nextTick(follow)
  }

  async function onScroll(): Promise<void> {
    const element = scroller.value
    if (!element) return
    look(element)
    if (ownTop === undefined || Math.abs(element.scrollTop - ownTop) > 2) {
      ownTop = undefined
      following = endOf(element) - element.scrollTop < NEAR_PX ? 'end' : undefined
    }
    if (element.scrollTop > 60 || loading || element.scrollHeight <= element.clientHeight) return
    loading = true
    await atStart()
    await nextTick()
    if (!following && read) element.scrollTop += topOf(read) - readAt
    read = undefined
    loading = false
  }

  const sizes = new ResizeObserver(follow)
  // As late as can be: whoever reads goes on scrolling while it is fetched.
  onBeforeUpdate(() => {
    read = loading ? content.value?.querySelector('.mine,.answer') : undefined
    if (read) readAt = topOf(read)
  })
  onMounted(() => {
    scroller.value?.addEventListener('scroll', onScroll, bare({ passive: true }))
    if (scroller.value) sizes.observe(scroller.value)
    if (content.value) sizes.observe(content.value)
  })
  onScopeDispose(() => {
    sizes.disconnect()
    scroller.value?.removeEventListener('scroll', onScroll)
  })
  return { away, toEnd: () => goTo('end'), toAnswer: () => goTo('answer') }
}
