/** The one inside of every way to embed: a widget in a shadow root of its own, with its own Vue app, Pinia and core. */
import { bare } from '@aside/protocol/bare'
import { createPinia } from 'pinia'
import { type Component, createApp, shallowRef } from 'vue'
import { createConsent, createCore } from '../core/index.ts'
import { firstScreen } from './first-screen.ts'
import type { Mount, PageTool, WidgetEvent } from '../sdk.ts'
import { createSdk } from './sdk.ts'
import type { useFocusLoop } from './focus-loop.ts'
import type { watchLaunchers } from './launchers.ts'
import { setupKey } from './setup.ts'
import { useChat } from './stores/chat.ts'
import { usePanel } from './stores/panel.ts'
import { adoptStyles, cssOf } from './styles.ts'
import type { useVisibleHeight } from './visible-height.ts'
import Root from './Root.ce.vue'

/** What only a floating widget needs. */
export interface Floating {
  /** With the styles of the panel that it opens. */
  readonly Launcher: Component
  readonly watchLaunchers: typeof watchLaunchers
  readonly useFocusLoop: typeof useFocusLoop
  readonly useVisibleHeight: typeof useVisibleHeight
}

/** What only a panel has that floats over a page in a frame. */
export interface Framed {
  /** A port to the page: over it `protocol/frame.ts` has `PageRoom` come, and `FrameBox` go. */
  askToMove(): MessagePort
}

/** What is only ever in a frame does without `floating`. */
export const createMount =
  (floating?: Floating, framed?: Framed): Mount =>
  (element, given) => {
    const initial = bare({ ...given })
    const options = shallowRef(initial)
    const tools = shallowRef<readonly PageTool[]>([])
    const consent = createConsent(initial.appId, initial.consent ?? true)
    const listeners = new Map<WidgetEvent, Set<(detail: never) => void>>()
    const host = document.createElement('div')
    host.dataset['mode'] = initial.mode ?? 'floating'
    const root = host.attachShadow({ mode: 'open' })
    const adopt = (css: string) => adoptStyles(root, css, initial.nonce)
    adopt(cssOf({ ...firstScreen, ...(floating ? { Launcher: floating.Launcher } : {}) }))
    const container = document.createElement('div')
    container.className = 'root'
    root.append(container)

    const app = createApp(Root)
    const pinia = createPinia()
    app.provide(setupKey, {
      options,
      tools,
      floating,
      framed,
      adopt,
      storage: consent.backing,
      createCore: (onLeft) =>
        createCore(
          bare({
            baseUrl: initial.baseUrl,
            appId: initial.appId,
            identity: { token: initial.identity, getToken: initial.getToken },
            onLeft,
            storage: consent.backing,
          }),
        ),
      tell: (event, detail) => listeners.get(event)?.forEach((listener) => listener(detail as never)),
    })
    app.use(pinia)
    const chat = useChat(pinia)
    const panel = usePanel(pinia)
    element.append(host)
    app.mount(container)

    return createSdk({
      watchLaunchers: floating?.watchLaunchers,
      chat,
      panel,
      consent,
      tools,
      listeners,
      options: () => options.value,
      setOptions: (change) => (options.value = bare({ ...options.value, ...change })),
      end() {
        app.unmount()
        chat.close()
        chat.$dispose()
        panel.$dispose()
        host.remove()
      },
    })
  }
