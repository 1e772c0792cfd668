import { mount } from '../ui/mount.ts'
import { createHandle } from '../ui/handle.ts'
import type { AsideElement, GetToken, Options, Widget, WidgetEvent } from '../sdk.ts'
import { adoptStyles } from '../ui/styles.ts'

const events: WidgetEvent[] = [
  'ready',
  'open',
  'close',
  'message',
  'unread',
  'conversation',
  'identity',
  'connection',
  'error',
]

/** In the flow of a page unless `floating`; the page's own rules for the element win over these. */
const css = ':host { display: block; height: 480px; max-width: 100%; } :host([mode="floating"]) { display: contents; }'

const oneOf = <const T extends string>(value: string | null, ...allowed: T[]): T | undefined =>
  allowed.find((one) => one === value)

/** Where this file came from is where the server is, unless the element says otherwise. */
const ownOrigin = (): string => {
  const from = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : import.meta.url
  return URL.canParse(from) && from.startsWith('http') ? new URL(from).origin : ''
}
const origin = ownOrigin()

/**
 * The widget as an element. Attributes: `app-id` (or `app`), `base-url`, `mode` (`inline`, the default, `floating` or `page`), `open`, `locale`,
 * `theme`, `position`, `primary`, `z-index`, `launcher`, `consent`, `identity`, `nonce`. Properties: `identity`, `getToken`, and
 * all of `Widget`. Events: `aside:ready`, `aside:open`, `aside:unread` … with `detail`.
 */
export class AsideChat extends HTMLElement implements AsideElement {
  static readonly observedAttributes = [
    'locale',
    'theme',
    'position',
    'primary',
    'z-index',
    'app-id',
    'app',
    'base-url',
    'mode',
    'identity',
  ]
  // The constructor gives it these.
  declare readonly open: Widget['open']
  declare readonly close: Widget['close']
  declare readonly toggle: Widget['toggle']
  declare readonly show: Widget['show']
  declare readonly hide: Widget['hide']
  declare readonly send: Widget['send']
  declare readonly prefill: Widget['prefill']
  declare readonly startConversation: Widget['startConversation']
  declare readonly showConversation: Widget['showConversation']
  declare readonly setContext: Widget['setContext']
  declare readonly registerTool: Widget['registerTool']
  declare readonly unregisterTool: Widget['unregisterTool']
  declare readonly identify: Widget['identify']
  declare readonly logout: Widget['logout']
  declare readonly setLocale: Widget['setLocale']
  declare readonly setTheme: Widget['setTheme']
  declare readonly setConsent: Widget['setConsent']
  declare readonly setZIndex: Widget['setZIndex']
  declare readonly on: Widget['on']
  declare readonly off: Widget['off']
  declare readonly getState: Widget['getState']
  declare readonly subscribe: Widget['subscribe']
  /** Gives a token that says who the visitor is, whenever one is needed. */
  #getToken: GetToken | undefined
  readonly #root = this.attachShadow({ mode: 'open' })
  /** What is asked before the element is on a page waits until it is. */
  readonly #widget = createHandle()

  constructor() {
    super()
    const { attach: _attach, detach: _detach, attached: _attached, destroy: _destroy, ...surface } = this.#widget
    Object.assign(this, surface)
    for (const event of events)
      this.#widget.on(event, (detail) =>
        this.dispatchEvent(new CustomEvent(`aside:${event}`, { detail, bubbles: true })),
      )
  }

  connectedCallback(): void {
    // A move within the page comes as out and in again.
    queueMicrotask(() => this.#sync())
  }

  disconnectedCallback(): void {
    queueMicrotask(() => this.#sync())
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    const { attached } = this.#widget
    if (!attached || before === after) return
    if (name === 'app-id' || name === 'app' || name === 'base-url' || name === 'mode') {
      this.destroy()
      this.#sync()
    } else attached.update(this.#options())
  }

  get identity(): string | null {
    return this.getAttribute('identity')
  }
  set identity(token: string | null | undefined) {
    if (token) this.setAttribute('identity', token)
    else this.removeAttribute('identity')
  }
  get getToken(): GetToken | undefined {
    return this.#getToken
  }
  set getToken(getToken: GetToken | undefined) {
    this.#getToken = getToken
    this.#widget.attached?.update({ getToken })
  }

  #options(): Options {
    const zIndex = Number(this.getAttribute('z-index') ?? Number.NaN)
    return {
      appId: this.getAttribute('app-id') ?? this.getAttribute('app') ?? '',
      baseUrl: (this.getAttribute('base-url') ?? origin).replace(/\/+$/, ''),
      identity: this.identity ?? undefined,
      getToken: this.#getToken,
      mode: oneOf(this.getAttribute('mode'), 'inline', 'floating', 'page') ?? 'inline',
      open: this.hasAttribute('open') || undefined,
      locale: this.getAttribute('locale') ?? undefined,
      theme: oneOf(this.getAttribute('theme'), 'light', 'dark', 'auto'),
      position: oneOf(this.getAttribute('position'), 'left', 'right'),
      primary: this.getAttribute('primary') ?? undefined,
      zIndex: Number.isFinite(zIndex) ? zIndex : undefined,
      launcher: this.getAttribute('launcher') ?? undefined,
      consent: this.getAttribute('consent') === 'false' ? false : undefined,
      nonce: this.nonce || undefined,
    }
  }

  #sync(): void {
    if (!this.isConnected) return this.destroy()
    const options = this.#options()
    if (this.#widget.attached || !options.appId) return
    adoptStyles(this.#root, css, options.nonce)
    this.#widget.attach(mount(this.#root, options))
  }

  /** Ends the widget, as taking the element off the page does. */
  destroy(): void {
    this.#widget.detach()
  }
}
