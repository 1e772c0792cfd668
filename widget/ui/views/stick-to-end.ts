/** A list that grows at its end: who reads the end stays there, who reads above is left in peace. */
import { nextTick, onMounted, onScopeDispose, ref, type ShallowRef } from 'vue'

type Part = Readonly<ShallowRef<HTMLElement | null>>

/** Nearer than this counts as being there. */
const NEAR_PX = 48

/** `atStart` is called when the beginning comes into sight; what it adds above does not move what is read. */
export function useStickToEnd(scroller: Part, content: Part, atStart: () => Promise<void>) {
  const away = ref(false)
  let sticking = true
  let loading = false

  const distance = (element: HTMLElement) => element.scrollHeight - element.scrollTop - element.clientHeight

  function toEnd(): void {
    sticking = true
    away.value = false
    void nextTick(() => scroller.value?.scrollTo({ top: scroller.value.scrollHeight }))
  }

  async function onScroll(): Promise<void> {
    const element = scroller.value
    if (!element) return
    sticking = distance(element) < NEAR_PX
    away.value = distance(element) > element.clientHeight / 2
    if (element.scrollTop > 60 || loading || element.scrollHeight <= element.clientHeight) return
    loading = true
    const fromEnd = element.scrollHeight - element.scrollTop
    await atStart()
    await nextTick()
    if (!sticking) element.scrollTop = element.scrollHeight - fromEnd
    loading = false
  }

  const sizes = new ResizeObserver(() => {
    if (sticking) scroller.value?.scrollTo({ top: scroller.value.scrollHeight })
  })
  onMounted(() => {
    scroller.value?.addEventListener('scroll', onScroll, { passive: true })
    if (scroller.value) sizes.observe(scroller.value)
    if (content.value) sizes.observe(content.value)
  })
  onScopeDispose(() => {
    sizes.disconnect()
    scroller.value?.removeEventListener('scroll', onScroll)
  })
  return { away, toEnd }
}
