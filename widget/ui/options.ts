/** What may be asked of a widget, and what it tells. */

export interface Options {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  /** The app's public id. */
  appId: string
  /** BCP 47. Default: the app's, else the visitor's, else English. */
  locale?: string | undefined
  /** Default: the app's; `auto` follows the system. */
  theme?: 'light' | 'dark' | 'auto' | undefined
  /** The side of the page a floating widget stands on. Default: the app's, else right. */
  position?: 'left' | 'right' | undefined
  /** A colour like `#3355ff`. Default: the app's. */
  primary?: string | undefined
  /** Begin open? Default: `floating` no, `inline` and `frame` yes. */
  open?: boolean | undefined
  /** `floating`: a launcher in the corner. `inline`: the panel fills the element. `frame`: the panel fills the document. */
  mode?: 'floating' | 'inline' | 'frame' | undefined
  /** Of a floating widget. Default 2147483000. */
  zIndex?: number | undefined
  /** Only for browsers without constructable stylesheets under a strict `style-src`. */
  nonce?: string | undefined
}

export interface WidgetEvents {
  /** Session, settings and conversations are there. */
  ready: undefined
  open: undefined
  close: undefined
  /** How many messages came while nobody looked. */
  unread: number
  /** The visitor sent something. */
  sent: { text: string }
  /** An answer, or an agent's message, is complete. */
  received: { messageId: string; text: string }
  /** A code of the protocol's list. */
  error: { code: string }
}
export type WidgetEvent = keyof WidgetEvents
export type Listener<E extends WidgetEvent> = (detail: WidgetEvents[E]) => void

export interface Widget {
  /** Shows the panel and puts the focus into it. Open already: nothing. */
  open(): void
  /** Hides the panel; the focus goes back to where it came from. Closed already, or `inline`: nothing. */
  close(): void
  toggle(): void
  /** Sends it as the visitor's words. Nothing but white space is ignored. */
  send(text: string): void
  /** Puts it into the input, in place of what is there. */
  prefill(text: string): void
  newConversation(): void
  /** Returns the way out. */
  on<E extends WidgetEvent>(event: E, listener: Listener<E>): () => void
  /** Locale, theme, position, colour and z-index take effect at once; server and app stay what they were. */
  update(options: Partial<Omit<Options, 'baseUrl' | 'appId' | 'mode' | 'open'>>): void
  /** The colour in use: of the options, else of the app. */
  primary(): string
  /** Ends everything and leaves the element as it was. Twice is once. */
  destroy(): void
}
