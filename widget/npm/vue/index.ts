/** Aside's chat widget as a Vue component: `<AsideChat app-id="app_…" base-url="https://chat.example" @unread="…" />`. */
import { mount, type MountedWidget, type Options, type WidgetEvents } from '@aside/widget'
import { defineComponent, h, onBeforeUnmount, onMounted, type PropType, shallowRef, watch } from 'vue'

export type * from '@aside/widget/sdk'

const events = [
  'ready',
  'open',
  'close',
  'message',
  'unread',
  'conversation',
  'identity',
  'connection',
  'error',
] as const satisfies (keyof WidgetEvents)[]

/**
 * Mounts where it stands, and ends with it. Another `appId`, `baseUrl`, `mode` or `consent` is another widget; all other props take
 * effect at once. A template ref gives `widget`, which is there once the component is mounted.
 */
export const AsideChat = defineComponent({
  name: 'AsideChat',
  props: {
    appId: { type: String, required: true },
    baseUrl: { type: String, required: true },
    mode: { type: String as PropType<Options['mode']>, default: undefined },
    locale: { type: String, default: undefined },
    theme: { type: String as PropType<Options['theme']>, default: undefined },
    position: { type: String as PropType<Options['position']>, default: undefined },
    primary: { type: String, default: undefined },
    zIndex: { type: Number, default: undefined },
    open: { type: Boolean, default: undefined },
    launcher: { type: [Boolean, String] as PropType<Options['launcher']>, default: undefined },
    consent: { type: Boolean, default: undefined },
    identity: { type: String, default: undefined },
    getToken: { type: Function as PropType<Options['getToken']>, default: undefined },
    nonce: { type: String, default: undefined },
  },
  emits: [...events],
  setup(props, { emit, expose }) {
    const place = shallowRef<HTMLElement>()
    const widget = shallowRef<MountedWidget>()
    const end = () => {
      widget.value?.destroy()
      widget.value = undefined
    }
    function begin(): void {
      end()
      if (!place.value) return
      const next = mount(place.value, { ...props })
      for (const event of events) next.on(event, (detail: unknown) => emit(event, detail))
      widget.value = next
    }
    onMounted(begin)
    onBeforeUnmount(end)
    watch(() => [props.appId, props.baseUrl, props.mode, props.consent], begin)
    watch(
      () => ({ ...props }),
      ({ appId: _app, baseUrl: _server, mode: _mode, consent: _consent, open: _open, ...change }) =>
        widget.value?.update(change),
    )
    expose({ widget })
    return () => h('div', { ref: place, style: props.mode === 'inline' ? 'height:100%' : undefined })
  },
})

/** What a template ref of `AsideChat` gives. */
export interface AsideChatInstance {
  readonly widget: MountedWidget | undefined
}
