/** What the page may ask, of the stores behind it. */
import { nextTick, type ShallowRef, watch } from 'vue'
import type { Consent } from '../core/index.ts'
import type { Listener, MountedWidget, Options, PageTool, WidgetEvent, WidgetState } from '../sdk.ts'
import type { watchLaunchers } from './launchers.ts'
import type { useChat } from './stores/chat.ts'
import type { usePanel } from './stores/panel.ts'

interface Parts {
  watchLaunchers: typeof watchLaunchers | undefined
  chat: ReturnType<typeof useChat>
  panel: ReturnType<typeof usePanel>
  consent: Consent
  tools: ShallowRef<readonly PageTool[]>
  options(): Options
  setOptions(change: Partial<Options>): void
  listeners: Map<WidgetEvent, Set<(detail: never) => void>>
  end(): void
}

export function createSdk({
  watchLaunchers,
  chat,
  panel,
  consent,
  tools,
  options,
  setOptions,
  listeners,
  end,
}: Parts): MountedWidget {
  const followers = new Set<(state: WidgetState) => void>()
  const { launcher } = options()
  const unwatchLaunchers = typeof launcher === 'string' ? watchLaunchers?.(launcher, panel.toggle) : undefined
  let state = stateNow()
  const unwatch = watch(
    stateNow,
    (now) => {
      if (JSON.stringify(now) === JSON.stringify(state)) return
      state = now
      followers.forEach((follow) => follow(now))
    },
    { flush: 'sync' },
  )

  function stateNow(): WidgetState {
    const { connection, current, unread } = chat.state
    return {
      ready: chat.ready,
      open: panel.open,
      hidden: panel.hidden,
      unread,
      connection,
      ...(current.id === undefined ? {} : { conversationId: current.id }),
      ...(chat.person === undefined ? {} : { identity: chat.person }),
      locale: panel.locale,
      theme: panel.scheme,
      look: panel.look,
    }
  }

  function off<E extends WidgetEvent>(event: E, listener: Listener<E>): void {
    listeners.get(event)?.delete(listener)
  }

  function offer(next: readonly PageTool[]): void {
    chat.core.setTools(next.map(({ name, description, parameters }) => ({ name, description, parameters })))
    tools.value = next
  }

  let isEnded = false
  return {
    async open() {
      panel.show(true)
      await nextTick()
    },
    async close() {
      panel.show(false)
      await nextTick()
    },
    async toggle() {
      panel.toggle()
      await nextTick()
    },
    async show() {
      panel.hidden = false
      await nextTick()
    },
    async hide() {
      panel.hidden = true
      await nextTick()
    },
    async send(text) {
      panel.home()
      chat.send(text)
    },
    async prefill(text) {
      panel.home()
      panel.draft = text
    },
    async startConversation(text) {
      panel.show(true)
      panel.newConversation()
      if (text !== undefined) chat.send(text)
    },
    async showConversation(id) {
      panel.show(true)
      panel.home()
      await chat.start()
      await chat.open(id)
      const { error } = chat.state.current
      if (error) throw Object.assign(new Error(error.code), { code: error.code })
    },
    identify: (how) => chat.identify(how),
    async logout() {
      chat.logout()
    },
    async setContext(change) {
      chat.core.setContext(change)
    },
    async registerTool(tool) {
      offer([...tools.value.filter(({ name }) => name !== tool.name), tool])
    },
    async unregisterTool(name) {
      offer(tools.value.filter((it) => it.name !== name))
    },
    async setLocale(locale) {
      setOptions({ locale })
    },
    async setTheme(theme) {
      setOptions({ theme })
    },
    async setConsent(isGiven) {
      consent.set(isGiven)
    },
    async setZIndex(zIndex) {
      setOptions({ zIndex })
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(listener))
      return () => off(event, listener)
    },
    off,
    getState: () => state,
    subscribe(listener) {
      followers.add(listener)
      return () => void followers.delete(listener)
    },
    update(change) {
      const before = options()
      setOptions(change)
      const { identity, getToken } = options()
      if (identity === before.identity && getToken === before.getToken) return
      if (identity || getToken) void chat.identify({ token: identity, getToken })
      else chat.logout()
    },
    destroy() {
      if (isEnded) return
      isEnded = true
      unwatch()
      unwatchLaunchers?.()
      followers.clear()
      listeners.clear()
      end()
    },
  }
}
