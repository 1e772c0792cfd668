/** A widget that may not be there yet, or not any more: what is asked of it waits, and listeners stay for the next one. */
import type { ContextChange, Listener, MountedWidget, PageTool, Widget, WidgetEvent, WidgetState } from '../sdk.ts'

const commands = [
  'open',
  'close',
  'toggle',
  'show',
  'hide',
  'send',
  'prefill',
  'startConversation',
  'showConversation',
  'identify',
  'logout',
  'setLocale',
  'setTheme',
  'setConsent',
  'setZIndex',
  'setContext',
  'registerTool',
  'unregisterTool',
] as const satisfies (keyof Widget)[]

export interface Handle extends Widget {
  /** Says to `widget` what has waited. */
  attach(widget: MountedWidget): void
  /** Ends it; listeners stay. */
  detach(): void
  readonly attached: MountedWidget | undefined
}

const nothing: WidgetState = { ready: false, open: false, hidden: false, unread: 0, connection: 'idle' }

export function createHandle(): Handle {
  let attached: MountedWidget | undefined
  const waiting: ((widget: MountedWidget) => void)[] = []
  const listeners = new Map<WidgetEvent, Set<Listener<WidgetEvent>>>()
  const followers = new Set<(state: WidgetState) => void>()

  /** What the page says and can do holds for the next one, too; what it says, for the same person. */
  let context: ContextChange = {}
  let person: string | undefined
  const tools = new Map<string, PageTool>()

  function remember(widget: MountedWidget): MountedWidget {
    return {
      ...widget,
      setContext(change) {
        context = { ...context, ...change }
        return widget.setContext(change)
      },
      registerTool(tool) {
        tools.set(tool.name, tool)
        return widget.registerTool(tool)
      },
      unregisterTool(name) {
        tools.delete(name)
        return widget.unregisterTool(name)
      },
      logout() {
        context = {}
        return widget.logout()
      },
    }
  }

  const command = (name: (typeof commands)[number]) =>
    function run(...args: unknown[]): Promise<void> {
      const call = (widget: MountedWidget) => (remember(widget)[name] as (...args: unknown[]) => Promise<void>)(...args)
      if (attached) return call(attached)
      return new Promise((resolve, reject) => waiting.push((widget) => void call(widget).then(resolve, reject)))
    }

  function detach(): void {
    attached?.destroy()
    attached = undefined
  }

  return {
    ...(Object.fromEntries(commands.map((name) => [name, command(name)])) as unknown as Pick<
      Widget,
      (typeof commands)[number]
    >),
    on(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(listener as Listener<WidgetEvent>))
      const off = attached?.on(event, listener)
      return () => {
        set.delete(listener as Listener<WidgetEvent>)
        off?.()
        attached?.off(event, listener)
      }
    },
    off(event, listener) {
      listeners.get(event)?.delete(listener as Listener<WidgetEvent>)
      attached?.off(event, listener)
    },
    getState: () => attached?.getState() ?? nothing,
    subscribe(follower) {
      followers.add(follower)
      return () => void followers.delete(follower)
    },
    destroy() {
      detach()
      listeners.clear()
      followers.clear()
      waiting.length = 0
    },
    get attached() {
      return attached
    },
    attach(widget) {
      detach()
      attached = widget
      for (const [event, set] of listeners) for (const listener of set) widget.on(event, listener)
      widget.subscribe((state) => followers.forEach((follow) => follow(state)))
      widget.on('identity', ({ sub }) => {
        if (person !== undefined && sub !== person) context = {}
        person = sub
      })
      void widget.setContext(context)
      for (const tool of tools.values()) void widget.registerTool(tool)
      for (const say of waiting.splice(0)) say(widget)
    },
    detach,
  }
}
