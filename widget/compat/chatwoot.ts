/**
 * `chatwoot.js`: for a page written for Chatwoot's SDK (`chatwootSDK.run`, `$chatwoot`, `chatwoot:*` events), served by Aside.
 * What has no counterpart does nothing. https://developers.chatwoot.com
 */
import type { Widget } from '../sdk.ts'
import { contextOf, load, NO_LAUNCHER, server, tag } from './load.ts'

type Attributes = Record<string, unknown>

interface Settings {
  hideMessageBubble?: boolean
  position?: 'left' | 'right'
  locale?: string
  useBrowserLanguage?: boolean
  launcherTitle?: string
  darkMode?: string
}

const page = window as unknown as Record<string, unknown>
const tell = (name: string, detail?: unknown) => dispatchEvent(new CustomEvent(`chatwoot:${name}`, { detail }))
/** `pt_BR` is `pt-BR` to everybody else. */
const tagOf = (locale?: string) => locale?.replace('_', '-')
const prefixed = (prefix: string, all: Attributes) =>
  Object.fromEntries(Object.entries(all).map(([name, it]) => [prefix + name, it]))

function run({ websiteToken, baseUrl }: { websiteToken?: string; baseUrl?: string }): void {
  if (page['$chatwoot']) return
  const settings = (page['chatwootSettings'] ?? {}) as Settings
  const {
    hideMessageBubble = false,
    position = 'right',
    useBrowserLanguage,
    locale,
    launcherTitle,
    darkMode,
  } = settings
  const app = tag['app'] ?? websiteToken ?? ''
  let widget: Widget | undefined
  const loading = load({
    app,
    position,
    theme: darkMode,
    label: launcherTitle,
    locale: useBrowserLanguage ? undefined : tagOf(locale),
    launcher: hideMessageBubble ? NO_LAUNCHER : undefined,
  })
  /** Waits until the widget is there: nothing that was said before is lost. */
  const say =
    (then: (it: Widget, ...args: never[]) => unknown) =>
    (...args: unknown[]) =>
      void loading.then(
        () => then(widget as never, ...(args as never[])),
        () => {},
      )
  const setContext = say((it, context: Attributes) => it.setContext(contextOf(context)))

  const api = {
    hasLoaded: false,
    isOpen: false,
    resetTriggered: false,
    baseUrl,
    websiteToken,
    position,
    hideMessageBubble,
    identifier: undefined as unknown,
    user: {} as Attributes,
    toggle: say((it, state?: string) => (state === 'open' ? it.open() : state === 'close' ? it.close() : it.toggle())),
    toggleBubbleVisibility: say((it, state: string) => (state === 'hide' ? it.hide() : it.show())),
    popoutChatWindow: () => void open(`${server}/embed/${app}`, '_blank', 'noopener'),
    /** A signed token (JWT) in place of `identifier_hash` signs the visitor in; else it is what the page says, and no more. */
    setUser(identifier: unknown, user: Attributes) {
      if (typeof identifier !== 'string' && typeof identifier !== 'number')
        throw new Error('Identifier should be a string or a number')
      const { identifier_hash: hash, ...rest } = user
      if (!['avatar_url', 'email', 'name'].some((name) => rest[name]))
        throw new Error('User object should have one of the keys [avatar_url, email, name]')
      api.identifier = identifier
      api.user = user
      if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(String(hash))) say((it) => it.identify({ token: String(hash) }))()
      setContext({ user_id: identifier, ...rest })
    },
    setCustomAttributes: setContext,
    deleteCustomAttribute: (name: string) => setContext({ [name]: null }),
    setConversationCustomAttributes: (all: Attributes) => setContext(prefixed('conversation.', all)),
    deleteConversationCustomAttribute: (name: string) => setContext({ [`conversation.${name}`]: null }),
    setLabel: (label: string) => setContext({ [`label.${label}`]: true }),
    removeLabel: (label: string) => setContext({ [`label.${label}`]: null }),
    setLocale: say((it, next: string) => it.setLocale(tagOf(next))),
    setColorScheme: say((it, scheme: 'light' | 'dark' | 'auto') => it.setTheme(scheme)),
    reset() {
      api.resetTriggered = true
      api.user = {}
      api.identifier = undefined
      say((it) => it.logout())()
    },
  }
  page['$chatwoot'] = api

  void loading.then(
    (it) => {
      widget = it
      it.on('open', () => {
        api.isOpen = true
        tell('opened')
      })
      it.on('close', () => {
        api.isOpen = false
        tell('closed')
      })
      it.on('message', ({ author, text, id }) =>
        tell('on-message', { id, content: text, message_type: author === 'visitor' ? 0 : 1 }),
      )
      it.on('conversation', ({ id }) => id && tell('on-start-conversation', { hasConversation: true }))
      it.on('error', (detail) => tell('error', detail))
      api.hasLoaded = true
      tell('ready')
    },
    () => tell('error', { code: 'network' }),
  )
}

page['chatwootSDK'] = { run }
if (tag['app']) run({})
