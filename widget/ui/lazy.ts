/** A part that is not on the first screen: fetched when it is wanted, with its styles. */
import { type Component, defineComponent, h, shallowRef, type VNodeChild } from 'vue'
import { drawn } from './frames.ts'
import { useSetup } from './setup.ts'

export interface Part {
  readonly component: Component
  readonly css: string
}

/**
 * Draws `meanwhile` until the part is there, and for good where it cannot be had: the next time it is asked for again.
 * `fetch` asks for it ahead of time.
 */
export function lazy(load: () => Promise<Part>, meanwhile: (attrs: Record<string, unknown>) => VNodeChild) {
  const part = shallowRef<Part>()
  let loading: Promise<void> | undefined

  const fetch = (): Promise<void> =>
    (loading ??= load().then(
      (loaded) => void (part.value = loaded),
      () => void (loading = undefined),
    ))

  const component = defineComponent({
    inheritAttrs: false,
    setup(_props, { attrs }) {
      const { adopt } = useSetup()
      // The first screen does not wait for it.
      const wanted = loading ?? drawn()
      void wanted.then(fetch).then(() => part.value && adopt(part.value.css))
      return () => (part.value ? h(part.value.component, attrs) : meanwhile(attrs))
    },
  })
  return { component, fetch }
}
