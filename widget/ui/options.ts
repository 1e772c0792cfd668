/** What may be asked of a widget, and what it tells. */

import type { ToolDefinition } from '@aside/protocol'
import type { ContextChange, GetToken, Vouching } from '../core/index.ts'

export type { ContextChange, GetToken, Vouching }

/** Something the page can do when the assistant asks for it and the visitor agrees. */
export interface PageTool extends ToolDefinition {
  /** What the visitor is asked, in words for them. Default: the description. `false`: not asked, only told. */
  confirm?: string | false | undefined
  /**
   * Gets arguments that fit `parameters`, which is a JSON Schema of type object. What it gives, as JSON of at most 16 kB, is what
   * the assistant goes on with; where it throws, the message is. It has a minute.
   */
  handler(args: Record<string, unknown>): unknown
}

export interface Options {
  /** Where the server is, without a slash at the end. Empty: the page's own origin. */
  baseUrl: string
  /** The app's public id. */
  appId: string
  /** Who the visitor is: a JWT that the page's own server signed. */
  identity?: string | undefined
  /** Gives such a token, also where the last one is not good any longer. Nothing: nobody is signed in. */
  getToken?: GetToken | undefined
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
  /** Of a floating widget. Default: the app's, else 2147483000. */
  zIndex?: number | undefined
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
  /** The app's look is known, or another one. */
  look: Look
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
  /** Signs the visitor in, by the word of the page. What was said before goes with them; nothing of anybody before them stays. */
  identify(how: Vouching): void
  /** Ends the session, and wipes what the browser keeps of the visitor, here and in other tabs. */
  logout(): void
  /**
   * What the page says of where the visitor is, beside what it said before: names and plain values, `null` takes one back. It goes
   * with every message from now on, and proves nothing. At most 30 names and 4 000 characters of JSON.
   */
  setContext(change: ContextChange): void
  /**
   * Something the page can do for the assistant, where the app has `features.tools`; at most 16, and 8 kB of definitions. Another
   * of the same name takes its place. Returns the way out.
   */
  registerTool(tool: PageTool): () => void
  /** Returns the way out. */
  on<E extends WidgetEvent>(event: E, listener: Listener<E>): () => void
  /**
   * Locale, theme, position, colour and z-index take effect at once, and so does another `identity` or `getToken`: without
   * either the visitor is logged out. Server and app stay what they were.
   */
  update(options: Partial<Omit<Options, 'baseUrl' | 'appId' | 'mode' | 'open'>>): void
  /** Of the options, else of the app. */
  look(): Look
  /** Ends everything and leaves the element as it was. Twice is once. */
  destroy(): void
}
