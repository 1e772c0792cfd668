/**
 * One tag on the page's side until somebody wants to chat: the bubble, and what the page has said so far. On first intent it
 * makes the iframe and fetches `embed-port.js`, which speaks with it.
 */
import { bare } from '@aside/protocol/bare'
import type { Widget, WidgetState } from '../sdk.ts'
import { css, type Look } from './bubble.ts'
import type { Tag } from './tag.ts'

/** What the page has said, and what it waits for. */
export interface Call {
  readonly name: string
  readonly args: unknown[]
  resolve(value?: unknown): void
  reject(error: Error): void
}

/**
 * What `embed-port.js` gets to work with. The two may be of different versions, for as long as a browser keeps one of them:
 * there may come more, nothing may go.
 */
export interface Shim {
  readonly key: string
  readonly server: string
  readonly tag: Tag
  readonly host: HTMLElement
  readonly root: ShadowRoot
  /** The end of everything. */
  readonly signal: AbortSignal
  readonly calls: Call[]
  look: Look
  state: WidgetState
  frame?: HTMLIFrameElement | undefined
  /** Takes the frame away where it never answers. */
  watchdog?: ReturnType<typeof setTimeout>
  /** It listens. */
  ready?: boolean
  shown: boolean
  /** By somebody, and not by itself: then it takes the focus. */
  asked?: boolean
  /** How many messages came meanwhile, or what went wrong. */
  note?: string | number
  /** Of `embed-port.js`: says to the frame what there is to say. */
  flush?(): void
  /** Of `embed-port.js`: the frame is gone. */
  onUnload?(): void
  draw(): void
  show(next: boolean): void
  tell(event: string, detail?: unknown): void
}

type Listener = (detail: never) => void

/** Of the document itself they are what elements of the page are called. */
const { createElement, querySelector } = Document.prototype

/** `src`: of the tag. */
export function createShim(key: string, src: string, tag: Tag, gone: () => void): Widget {
  const watchdogMs = 10_000
  const { open = 'false', label = 'Chat', mode, target = 'html', launcher, consent } = tag
  const make = <K extends keyof HTMLElementTagNameMap>(name: K) =>
    createElement.call(document, name) as HTMLElementTagNameMap[K]
  const host = make('div')
  const root = host.attachShadow({ mode: 'open' })
  const button = make('button')
  const badge = make('b')
  const sheet = new CSSStyleSheet()
  const life = new AbortController()
  const listeners: Record<string, Set<Listener>> = bare({})

  const it: Shim = bare({
    key,
    server: new URL(tag.server || src).origin,
    tag,
    host,
    root,
    signal: life.signal,
    calls: [],
    look: { color: '#4353d9', position: 'right', zIndex: 2147483000, ...tag },
    state: { connection: 'idle', unread: 0 } as WidgetState,
    shown: false,
    draw() {
      const said = it.shown || !it.note ? '' : ` ${it.note}`
      button.className = !it.shown ? '' : it.ready ? 'on' : 'wait'
      button.ariaLabel = label + said
      // A browser makes words of it.
      button.ariaExpanded = it.shown as never
      badge.textContent = said
      badge.hidden = !said
      sheet.replaceSync(css(it.look))
      it.tell('state')
    },
    show(next) {
      if (next) {
        load()
        it.asked = true
        host.hidden = false
      }
      ;(next ? it.frame : button)?.focus()
      if (next !== it.shown) it.tell(next ? 'open' : 'close')
      it.shown = next
      it.flush?.()
      it.draw()
    },
    tell: (event, detail) => listeners[event]?.forEach((listener) => queueMicrotask(() => listener(detail as never))),
  })
  const off = (event: string, listener: Listener) => listeners[event]?.delete(listener)
  const on = (event: string, listener: Listener) => {
    ;(listeners[event] ??= new Set()).add(listener)
    return () => off(event, listener)
  }
  const getState = () => ({ ...it.state, open: it.shown, hidden: host.hidden === true })

  function unload(): void {
    clearTimeout(it.watchdog)
    it.frame?.remove()
    it.frame = undefined
    it.onUnload?.()
  }

  function away(): void {
    unload()
    it.shown = false
    it.note = 'Retry'
    it.tell('error', { code: 'network' })
    it.draw()
  }

  function load(): void {
    if (it.frame) return
    it.note = 0
    const frame = (it.frame = make('iframe'))
    frame.title = label
    frame.referrerPolicy = 'origin'
    frame.sandbox =
      'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads'
    frame.src = `${it.server}/embed/${key}`
    root.append(frame)
    it.watchdog = setTimeout(away, watchdogMs)
    // Under another address each time: a module that failed once has failed for good, says Firefox.
    import(/* @vite-ignore */ new URL(`embed-port.js#${it.watchdog}`, src) as never).then(
      ({ speak }) => it.flush ?? speak(it),
      away,
    )
  }

  root.adoptedStyleSheets = [sheet]
  button.append(make('i'), badge)
  button.hidden = (mode || launcher) as never
  root.append(button)
  querySelector.call(document, target)?.append(host)

  const toggle = () => it.show(!it.shown)
  button.onclick = toggle
  button.onpointerenter = button.onfocus = load
  // It has the `signal` that ends this.
  if (launcher) addEventListener('click', (event) => (event.target as Element).closest?.(launcher) && toggle(), it)

  // By itself, it leaves the focus where the visitor has it; on a phone it would cover the page just gone to.
  let isOpen: unknown = mode || open !== 'false'
  try {
    isOpen ||= innerWidth > 480 && consent !== 'false' && sessionStorage[`aside:${key}`]
  } catch {
    // Storage is blocked: whether it was open is not remembered.
  }
  if (isOpen) {
    load()
    it.shown = true
  }
  it.draw()

  /** What gives something back at once. */
  const now: Record<string, unknown> = bare({
    getState,
    on,
    off,
    subscribe: (listener: (state: WidgetState) => void) => on('state', () => listener(getState())),
    destroy() {
      unload()
      life.abort()
      host.remove()
      gone()
    },
    // It is no promise itself.
    then: 0,
  })
  const here: Record<string, (value: string) => void> = bare({
    open: () => it.show(true),
    close: () => it.show(false),
    toggle,
    show: () => (host.hidden = false),
    hide: () => (host.hidden = true),
    setZIndex(zIndex) {
      it.look.zIndex = tag.zIndex = zIndex
      it.draw()
    },
  })
  /** All else is the frame's. */
  return new Proxy(now, {
    get: (_, name: string) =>
      now[name] ??
      ((...args: [string]) => {
        const done = new Promise<unknown>((resolve, reject) => {
          if (here[name]) return resolve(here[name](...args))
          it.calls.push({ name, args, resolve, reject })
          // What only sets something is said when there is somebody to hear it.
          if (!/^(set|id|reg)/.test(name)) load()
          it.flush?.()
        })
        // Who wants to know of a failure listens to it.
        done.catch(() => {})
        return done
      }),
  }) as unknown as Widget
}
