import { mount } from '../ui/mount.ts'
import type { ContextChange, GetToken, Options, PageTool, Vouching, Widget, WidgetEvent } from '../ui/options.ts'
import { adoptStyles } from '../ui/styles.ts'

const events: WidgetEvent[] = ['ready', 'open', 'close', 'unread', 'sent', 'received', 'error']

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
 * The widget as an element. Attributes: `app-id` (or `app`), `base-url`, `mode` (`inline`, the default, or `floating`), `open`, `locale`,
 * `theme`, `position`, `primary`, `z-index`, `identity`, `nonce`. Properties: `identity`, `getToken`. Events: `aside:ready`, `aside:open`, `aside:unread` … with `detail`.
 */
export class AsideChat extends HTMLElement {
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
  /** Gives a token that says who the visitor is, whenever one is needed. */
  #getToken: GetToken | undefined
  #widget: Widget | undefined
  /** What the page said and offered, whenever the widget is there; each with the way out. */
  #context: ContextChange = {}
  readonly #tools = new Map<PageTool, (() => void) | undefined>()
  readonly #root = this.attachShadow({ mode: 'open' })

  connectedCallback(): void {
    // A move within the page comes as out and in again.
    queueMicrotask(() => this.#sync())
  }

  disconnectedCallback(): void {
    queueMicrotask(() => this.#sync())
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#widget || before === after) return
    if (name === 'app-id' || name === 'app' || name === 'base-url' || name === 'mode') {
      this.#end()
      this.#sync()
    } else this.#widget.update(this.#options())
  }

  open = (): void => this.#widget?.open()
  close = (): void => this.#widget?.close()
  toggle = (): void => this.#widget?.toggle()
  send = (text: string): void => this.#widget?.send(text)
  prefill = (text: string): void => this.#widget?.prefill(text)
  newConversation = (): void => this.#widget?.newConversation()
  setContext = (change: ContextChange): void => {
    this.#context = { ...this.#context, ...change }
    this.#widget?.setContext(change)
  }
  registerTool = (tool: PageTool): (() => void) => {
    this.#tools.set(tool, this.#widget?.registerTool(tool))
    return () => {
      this.#tools.get(tool)?.()
      this.#tools.delete(tool)
    }
  }
  identify = (how: Vouching): void => this.#widget?.identify(how)
  logout = (): void => {
    this.#context = {}
    this.#widget?.logout()
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
    this.#widget?.update({ getToken })
  }

  #options(): Options {
    const zIndex = Number(this.getAttribute('z-index') ?? Number.NaN)
    return {
      appId: this.getAttribute('app-id') ?? this.getAttribute('app') ?? '',
      baseUrl: (this.getAttribute('base-url') ?? origin).replace(/\/+$/, ''),
      identity: this.identity ?? undefined,
      getToken: this.#getToken,
      mode: oneOf(this.getAttribute('mode'), 'inline', 'floating') ?? 'inline',
      open: this.hasAttribute('open') || undefined,
      locale: this.getAttribute('locale') ?? undefined,
      theme: oneOf(this.getAttribute('theme'), 'light', 'dark', 'auto'),
      position: oneOf(this.getAttribute('position'), 'left', 'right'),
      primary: this.getAttribute('primary') ?? undefined,
      zIndex: Number.isFinite(zIndex) ? zIndex : undefined,
      nonce: this.nonce || undefined,
    }
  }

  #sync(): void {
    if (!this.isConnected) return this.#end()
    const options = this.#options()
    if (this.#widget || !options.appId) return
    adoptStyles(this.#root, css, options.nonce)
    this.#widget = mount(this.#root, options)
    this.#widget.setContext(this.#context)
    for (const tool of this.#tools.keys()) this.#tools.set(tool, this.#widget.registerTool(tool))
    for (const event of events)
      this.#widget.on(event, (detail) =>
        this.dispatchEvent(new CustomEvent(`aside:${event}`, { detail, bubbles: true })),
      )
  }

  #end(): void {
    this.#widget?.destroy()
    this.#widget = undefined
  }
}
