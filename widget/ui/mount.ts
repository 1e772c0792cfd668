/** The one inside of every way to embed: a widget in a shadow root of its own, with its own Vue app, Pinia and core. */
import { createPinia } from 'pinia'
import { createApp, shallowRef } from 'vue'
import { createCore } from '../core/index.ts'
import { firstScreen } from './first-screen.ts'
import type { Options, PageTool, Widget, WidgetEvent } from './options.ts'
import { setupKey } from './setup.ts'
import { useChat } from './stores/chat.ts'
import { usePanel } from './stores/panel.ts'
import { adoptStyles, cssOf } from './styles.ts'
import Root from './Root.ce.vue'

export type {
  ContextChange,
  Listener,
  Options,
  PageTool,
  Vouching,
  Widget,
  WidgetEvent,
  WidgetEvents,
} from './options.ts'

/** Appends one element to `element` and draws into its shadow root. Nothing is requested or stored before it is opened. */
export function mount(element: Element | ShadowRoot, initial: Options): Widget {
  const options = shallowRef(initial)
  const tools = shallowRef<readonly PageTool[]>([])
  const listeners = new Map<WidgetEvent, Set<(detail: never) => void>>()
  const host = document.createElement('div')
  host.dataset['mode'] = initial.mode ?? 'floating'
  const root = host.attachShadow({ mode: 'open' })
  const adopt = (css: string) => adoptStyles(root, css, initial.nonce)
  adopt(cssOf(firstScreen))
  const container = document.createElement('div')
  container.className = 'root'
  root.append(container)

  const app = createApp(Root)
  const pinia = createPinia()
  app.provide(setupKey, {
    options,
    tools,
    adopt,
    createCore: (onLeft) =>
      createCore({
        baseUrl: initial.baseUrl,
        appId: initial.appId,
        identity: { token: initial.identity, getToken: initial.getToken },
        onLeft,
      }),
    tell: (event, detail) => listeners.get(event)?.forEach((listener) => listener(detail as never)),
  })
  app.use(pinia)
  const chat = useChat(pinia)
  const panel = usePanel(pinia)
  element.append(host)
  app.mount(container)

  function offer(next: readonly PageTool[]): void {
    tools.value = next
    chat.setTools(next.map(({ name, description, parameters }) => ({ name, description, parameters })))
  }

  let destroyed = false
  return {
    open: () => panel.show(true),
    close: () => panel.show(false),
    toggle: panel.toggle,
    send: chat.send,
    prefill: (text) => void (panel.draft = text),
    newConversation: panel.newConversation,
    on(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(listener))
      return () => void set.delete(listener)
    },
    setContext: chat.setContext,
    registerTool(tool) {
      offer([...tools.value.filter(({ name }) => name !== tool.name), tool])
      return () => offer(tools.value.filter((it) => it !== tool))
    },
    identify: chat.identify,
    logout: chat.logout,
    update(change) {
      const before = options.value
      const { identity, getToken } = (options.value = { ...before, ...change })
      if (identity === before.identity && getToken === before.getToken) return
      if (identity || getToken) chat.identify({ token: identity, getToken })
      else chat.logout()
    },
    look: () => panel.look,
    destroy() {
      if (destroyed) return
      destroyed = true
      app.unmount()
      chat.close()
      chat.$dispose()
      panel.$dispose()
      listeners.clear()
      host.remove()
    },
  }
}
