/**
 * What a page may ask of a widget, and what it is told: the same for the script tag, `mount`, `<aside-chat>` and the component.
 * Types alone, and none from elsewhere: this file is what integrators compile against.
 */

/** Gives a JWT that the page's own server signed. Nothing: nobody is signed in. */
export type GetToken = () => string | null | undefined | Promise<string | null | undefined>

/** What a page says of who the visitor is: a signed token (JWT), a way to get one, or both. */
export interface Vouching {
  readonly token?: string | undefined
  /** Asked when there is no token, and once more when the one that was there is not good any longer. */
  readonly getToken?: GetToken | undefined
}

/** Names and plain values; `null` takes a name back. */
export type ContextChange = { readonly [name: string]: string | number | boolean | null }

/** Something the page can do when the assistant asks for it and the visitor agrees. */
export interface PageTool {
  /** A letter, then letters, digits and `_`: at most 64. */
  readonly name: string
  /** For the model: what it does, and when to ask for it. */
  readonly description: string
  /** JSON Schema of an object. */
  readonly parameters: Record<string, unknown>
  /** What the visitor is asked, in words for them. Default: the description. `false`: not asked, only told. */
  readonly confirm?: string | false | undefined
  /**
   * Gets arguments that fit `parameters`. What it gives, as JSON of at most 16 kB, is what the assistant goes on with; where it
   * throws, the message is. It has a minute.
   */
  handler(args: Record<string, unknown>): unknown
}

export type Connection =
  /** Not started, or closed. */
  | 'idle'
  | 'connecting'
  | 'live'
  /** Broken off; it is tried again. */
  | 'waiting'
  /** The browser says it has no network. */
  | 'offline'
  /** Over for good, until the visitor starts again. */
  | 'ended'

export interface Options {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  /** The app's public id. */
  appId: string
  /** Who the visitor is: a JWT that the page's own server signed. */
  identity?: string | undefined
  /** Gives such a token, also where the last one is not good any longer. */
  getToken?: GetToken | undefined
  /** BCP 47. Default: the app's, else the visitor's, else English. */
  locale?: string | undefined
  /** Default: the app's; `auto` follows the system. */
  theme?: 'light' | 'dark' | 'auto' | undefined
  /** The side of the page a floating widget stands on. Default: the app's, else right. */
  position?: 'left' | 'right' | undefined
  /** A colour like `#3355ff`. Default: the app's. */
  primary?: string | undefined
  /** Begin open? Default: `floating` no, all others yes. */
  open?: boolean | undefined
  /**
   * `floating`: a launcher in the corner. `inline`: the panel fills the element. `page`: it fills the window. `frame`: it fills
   * the document of an iframe, and can be closed.
   */
  mode?: 'floating' | 'inline' | 'page' | 'frame' | undefined
  /**
   * Of a floating widget. `false`: none is drawn. A CSS selector: none is drawn, and what it finds on the page toggles the panel
   * when it is pressed, now and later. Default `true`.
   */
  launcher?: boolean | string | undefined
  /** Of a floating widget. Default: the app's, else 2147483000. */
  zIndex?: number | undefined
  /** `false`: nothing is stored in the browser before `setConsent(true)`. Default `true`. */
  consent?: boolean | undefined
  /** Only for browsers without constructable stylesheets under a strict `style-src`. */
  nonce?: string | undefined
}

/** How a launcher has to look and where it stands. */
export interface Look {
  readonly color: string
  readonly position: 'left' | 'right'
  readonly zIndex: number
  /** Of the panel's corners, in CSS pixels. */
  readonly radius: number
}

export interface WidgetState {
  /** Session, settings and conversations are there. */
  readonly ready: boolean
  readonly open: boolean
  /** Neither launcher nor panel is on the page. */
  readonly hidden: boolean
  /** Messages that came while nobody looked. At most 999. */
  readonly unread: number
  readonly connection: Connection
  /** The one on the screen, once the server knows it. */
  readonly conversationId?: string
  /** The `sub` of who has signed in. */
  readonly identity?: string
  /** These three: once it is loaded. */
  readonly locale?: string
  readonly theme?: 'light' | 'dark'
  readonly look?: Look
}

export interface WidgetEvents {
  /** Session, settings and conversations are there. */
  ready: undefined
  open: undefined
  close: undefined
  /** The visitor sent something (without an `id` yet), or a message of the other side is complete. */
  message: { id?: string; author: 'visitor' | 'assistant' | 'agent' | 'system'; text: string }
  /** How many messages came while nobody looked. */
  unread: number
  /** Another conversation is on the screen, or the server has come to know it. Without an id: a fresh one. */
  conversation: { id?: string }
  /** Somebody else uses the widget now. Without a `sub`: nobody in particular. */
  identity: { sub?: string }
  connection: Connection
  /** A code of the protocol's list. */
  error: { code: string }
}
export type WidgetEvent = keyof WidgetEvents
export type Listener<E extends WidgetEvent> = (detail: WidgetEvents[E]) => void

/** Promises resolve when it has taken effect, and reject with an error that has a `code` of the protocol's list. */
export interface Widget {
  /** Shows the panel and puts the focus into it; a hidden widget is shown. Open already: nothing. */
  open(): Promise<void>
  /** Hides the panel; the focus goes back to where it came from. Closed already, or it cannot be: nothing. */
  close(): Promise<void>
  toggle(): Promise<void>
  /** The opposite of `hide`. */
  show(): Promise<void>
  /** Takes launcher and panel off the page, and keeps everything else. */
  hide(): Promise<void>
  /** Sends it as the visitor's words, into the conversation on the screen. Nothing but white space is ignored. */
  send(text: string): Promise<void>
  /** Puts it into the input, in place of what is there. */
  prefill(text: string): Promise<void>
  /** Opens a fresh conversation, and sends `text` as its first message where there is one. */
  startConversation(text?: string): Promise<void>
  /** Opens one of the visitor's own. Rejects with `not_found` where there is none. */
  showConversation(id: string): Promise<void>
  /** Signs the visitor in, by the word of the page. What was said before goes with them; nothing of anybody before them stays. */
  identify(how: Vouching): Promise<void>
  /** Ends the session, and wipes what the browser keeps of the visitor, here and in other tabs. */
  logout(): Promise<void>
  /**
   * What the page says of where the visitor is, beside what it said before; it goes with every message from now on, and proves
   * nothing. At most 30 names and 4 000 characters of JSON.
   */
  setContext(change: ContextChange): Promise<void>
  /**
   * Something the page can do for the assistant, where the app has `features.tools`; at most 16, and 8 kB of definitions. Another
   * of the same name takes its place.
   */
  registerTool(tool: PageTool): Promise<void>
  /** The page cannot do it any more. Not registered: nothing. */
  unregisterTool(name: string): Promise<void>
  /** BCP 47; `undefined`: the app's, else the visitor's. */
  setLocale(locale?: string): Promise<void>
  setTheme(theme?: 'light' | 'dark' | 'auto'): Promise<void>
  /** `false` also wipes what is stored; the chat goes on for as long as the page is there. */
  setConsent(isGiven: boolean): Promise<void>
  setZIndex(zIndex: number): Promise<void>
  /** Returns the way out. */
  on<E extends WidgetEvent>(event: E, listener: Listener<E>): () => void
  off<E extends WidgetEvent>(event: E, listener: Listener<E>): void
  getState(): WidgetState
  /** Called with every change of what `getState` says. Returns the way out. */
  subscribe(listener: (state: WidgetState) => void): () => void
  /** Ends everything and leaves the page as it was. Twice is once. */
  destroy(): void
}

/** A widget that is part of the page itself: `mount`. */
export interface MountedWidget extends Widget {
  /**
   * Locale, theme, position, colour and z-index take effect at once, and so does another `identity` or `getToken`: without
   * either the visitor is logged out. Server, app, mode and consent stay what they were.
   */
  update(options: Partial<Omit<Options, 'baseUrl' | 'appId' | 'mode' | 'open' | 'consent'>>): void
}

/** What the script tag leaves on the page. Calls made before it has loaded wait in `q`. */
export interface AsideGlobal {
  /** `Aside('open')` goes to the first widget of the page. */
  <C extends keyof Widget>(command: C, ...rest: Parameters<Widget[C]>): ReturnType<Widget[C]>
  q?: unknown[]
  /** By `data-name`, else by what the tag names its app with. */
  widgets?: Record<string, Widget>
}

/** Appends one element to `element` and draws into its shadow root. Nothing is requested or stored before it is opened. */
export type Mount = (element: Element | ShadowRoot, options: Options) => MountedWidget

/** `<aside-chat>`. What is asked of it before it is on a page waits until it is. Taken off the page, it ends. */
export interface AsideElement extends HTMLElement, Omit<Widget, 'destroy'> {
  identity: string | null | undefined
  getToken: GetToken | undefined
  /** Ends the widget, as taking the element off the page does. */
  destroy(): void
}

declare global {
  interface Window {
    Aside?: AsideGlobal
  }
  interface HTMLElementTagNameMap {
    'aside-chat': AsideElement
  }
}
