/**
 * `intercom.js`: for a page written for Intercom's Messenger (`Intercom('boot', …)`, `intercomSettings`), served by Aside.
 * What has no counterpart does nothing. https://developers.intercom.com/installing-intercom/web/methods
 */
import type { Widget } from '../sdk.ts'
import { contextOf, load, NO_LAUNCHER, tag } from './load.ts'

type Settings = Record<string, unknown>
type Call = [command: string, ...args: unknown[]]

const page = window as unknown as {
  Intercom?: ((...call: Call) => void) & { q?: Iterable<Call> }
  intercomSettings?: Settings
}
const text = (it: unknown) => (it === undefined || it === null ? undefined : String(it))

let loading: Promise<Widget> | undefined
const readies: (() => void)[] = []

/** What of the settings is Aside's own; all else is what the page says of its visitor. */
function apply({
  app_id: _app,
  api_base: _base,
  intercom_user_jwt: token,
  user_hash: _hash,
  language_override: locale,
  theme_mode: theme,
  z_index: zIndex,
  alignment: _side,
  horizontal_padding: _x,
  vertical_padding: _y,
  hide_default_launcher: _hide,
  custom_launcher_selector: _selector,
  action_color: _color,
  background_color: _ground,
  ...rest
}: Settings): void {
  say((it) => {
    if (token) void it.identify({ token: String(token) })
    if (locale) void it.setLocale(String(locale))
    if (theme) void it.setTheme(theme === 'system' ? 'auto' : (theme as 'light' | 'dark'))
    if (zIndex) void it.setZIndex(Number(zIndex))
    const context = contextOf(rest)
    if (Object.keys(context).length > 0) void it.setContext(context)
  })
}

/** Waits until the widget is there. */
const say = (then: (widget: Widget) => unknown): void => void loading?.then(then, () => {})

function boot(given: Settings = {}): void {
  const settings = { ...page.intercomSettings, ...given }
  if (!loading) {
    const {
      alignment,
      action_color: color,
      hide_default_launcher: isHidden,
      custom_launcher_selector: selector,
    } = settings
    loading = load({
      app: tag['app'] ?? text(settings['app_id']) ?? '',
      position: text(alignment),
      color: text(color),
      launcher: text(selector) ?? (isHidden ? NO_LAUNCHER : undefined),
    })
    loading.then(
      () => readies.splice(0).forEach((ready) => ready()),
      () => {},
    )
  }
  apply(settings)
}

const commands: Record<string, (...args: never[]) => unknown> = {
  boot,
  update: (settings: Settings = {}) => apply(settings),
  shutdown() {
    say(async (it) => {
      await Promise.race([it.logout(), new Promise((resolve) => setTimeout(resolve, 2_000))])
      it.destroy()
    })
    loading = undefined
  },
  show: () => say((it) => it.open()),
  hide: () => say((it) => it.close()),
  showSpace: () => say((it) => it.open()),
  showMessages: () => say((it) => it.open()),
  showNewMessage: (prefill?: string) =>
    say(async (it) => {
      await it.startConversation()
      if (prefill) await it.prefill(prefill)
    }),
  startConversation: (message: string) => say((it) => it.startConversation(message)),
  showConversation: (id: string) => say((it) => it.showConversation(id)),
  trackEvent: (name: string, metadata?: unknown) =>
    say((it) => it.setContext({ [`event.${name}`]: metadata ? JSON.stringify(metadata) : true })),
  onShow: (listener: () => void) => say((it) => it.on('open', listener)),
  onHide: (listener: () => void) => say((it) => it.on('close', listener)),
  onUnreadCountChange: (listener: (count: number) => void) => say((it) => it.on('unread', listener)),
  ready: (listener: () => void) => (loading ? say(listener) : readies.push(listener)),
}

function Intercom(...[command, ...args]: Call): void {
  commands[command]?.(...(args as never[]))
}

const { q = [] } = page.Intercom ?? {}
page.Intercom = Intercom
if (tag['app'] || page.intercomSettings) boot()
for (const call of q) Intercom(...call)
