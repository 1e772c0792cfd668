/** One tag on the page's side: the bubble, the iframe once somebody wants it, and the port between the two. */
import { css, type Look } from './bubble.ts'
import type { Tag } from './tag.ts'

export interface Shim {
  open(): void
  close(): void
  toggle(): void
  send(text: string): void
  prefill(text: string): void
  newConversation(): void
  /** Who the visitor is, as the page's own server signs it. Nothing is loaded for it: the frame asks once it is there. */
  identify(how: { token?: string; getToken?: () => unknown }): void
  /** Forgets the visitor, and whatever the browser keeps of them. */
  logout(): void
  /** Leaves the page as it was. */
  destroy(): void
  /** `ready`, `open`, `close`, `unread` (a count), `sent`, `received`, `error` (a code). Returns the way out. */
  on(event: string, listener: (detail?: unknown) => void): () => void
}

/** A `FrameMessage`. The frame is the server's own, and only shows what it says: no schema for two kilobytes. */
interface Heard {
  type: string
  name?: string
  count?: number
  code?: string
  /** What of the app's own look the tag has left open. */
  look?: Partial<Look>
}

export function createShim(key: string, server: string, tag: Tag, gone: () => void): Shim {
  const watchdogMs = 10_000
  const { open, label = 'Chat' } = tag
  /** The tag's, and the app's own once it is known. */
  const look: Look = { color: '#4353d9', position: 'right', zIndex: 2147483000, radius: 18, ...tag }
  const make = <K extends keyof HTMLElementTagNameMap>(name: K) => document.createElement(name)
  const host = make('div')
  const root = host.attachShadow({ mode: 'open' })
  const button = make('button')
  const badge = make('b')
  const sheet = new CSSStyleSheet()
  const life = new AbortController()
  const { signal } = life
  const viewport = visualViewport!
  const storedKey = `aside:${key}`
  let stored: Record<string, unknown> = {}

  let frame: HTMLIFrameElement | undefined
  /** What is said before the frame listens waits in it. */
  let channel: MessageChannel | undefined
  let watchdog: ReturnType<typeof setTimeout>
  let ready = false
  let shown = false
  /** How many messages came meanwhile, or what went wrong. */
  let note: string | number = 0
  /** The page's word on who the visitor is. */
  let mint: (() => unknown) | undefined

  const tell = (event: string, detail?: unknown) => host.dispatchEvent(new CustomEvent(event, { detail }))
  const post = (message: object) => channel?.port1.postMessage(message)

  function draw(): void {
    const said = shown || !note ? '' : ` ${note}`
    button.className = !shown ? '' : ready ? 'on' : 'wait'
    button.ariaLabel = label + said
    // A browser makes words of it.
    button.ariaExpanded = shown as never
    badge.textContent = said
    sheet.replaceSync(css(look, viewport))
  }

  function unload(): void {
    clearTimeout(watchdog)
    channel?.port1.close()
    frame?.remove()
    frame = channel = undefined
    ready = false
  }

  function load(): void {
    if (frame) return
    note = 0
    channel = new MessageChannel()
    channel.port1.onmessage = ({ data }) => hear(data)
    frame = make('iframe')
    frame.title = label
    frame.referrerPolicy = 'origin'
    frame.sandbox =
      'allow-scripts allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox allow-same-origin'
    frame.src = `${server}/embed/${key}`
    root.append(frame)
    watchdog = setTimeout(() => {
      unload()
      shown = false
      note = 'Retry'
      tell('error', 'network')
      draw()
    }, watchdogMs)
  }

  function show(next: boolean): void {
    if (next) load()
    post({ type: next ? 'open' : 'close' })
    ;(next ? frame : button)?.focus()
    if (next !== shown) tell(next ? 'open' : 'close')
    shown = next
    stored[storedKey] = next || ''
    draw()
  }

  async function hear({ type, name, count, code, look: theirs }: Heard): Promise<void> {
    if (type === 'token') post({ type, token: await mint?.() })
    else if (type === 'close') show(false)
    else if (type === 'ready') {
      clearTimeout(watchdog)
      ready = true
    } else {
      note = count ?? note
      Object.assign(look, theirs)
      tell(name ?? type, count ?? code)
    }
    draw()
  }

  const command = (name: string) => (text?: string) => {
    load()
    post({ type: 'command', command: name, text })
  }

  try {
    stored = sessionStorage
  } catch {
    // Storage is blocked: whether it was open is not remembered.
  }
  root.adoptedStyleSheets = [sheet]
  button.append(make('i'), badge)
  root.append(button)
  document.documentElement.append(host)

  addEventListener(
    'message',
    ({ source, origin, data }) => {
      if (source === frame?.contentWindow && origin === server && data.aside === 'ready')
        (source as Window).postMessage({ ...tag, aside: 'init', version: 1, appId: key, open: shown }, server, [
          channel!.port2,
        ])
    },
    { signal },
  )
  // On phones the frame covers the page, and ends where the keyboard begins.
  viewport.addEventListener('resize', draw, { signal })
  viewport.addEventListener('scroll', draw, { signal })

  const toggle = () => show(!shown)
  button.onclick = toggle
  button.onpointerenter = button.onfocus = load
  // By itself, it leaves the focus where the visitor has it; on a phone it would cover the page just gone to.
  if ((open ?? 'false') !== 'false' || (stored[storedKey] && innerWidth > 480)) {
    load()
    shown = true
  }
  draw()

  return {
    open: () => show(true),
    close: () => show(false),
    toggle,
    send: command('send'),
    prefill: command('prefill'),
    newConversation: command('newConversation'),
    identify({ token, getToken = () => token }) {
      mint = getToken
      post({ type: 'command', command: 'identify' })
    },
    logout: command('logout'),
    destroy() {
      delete stored[storedKey]
      unload()
      life.abort()
      host.remove()
      gone()
    },
    on(event, listener) {
      const heard = (it: Event) => listener((it as CustomEvent).detail)
      host.addEventListener(event, heard)
      return () => host.removeEventListener(event, heard)
    },
  }
}
